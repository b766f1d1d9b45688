/**
 * Preloaded by `node --import`: the packages that the variable `QUADRO_TEST_HIDDEN` names, separated by commas, are as if
 * nobody had installed them.
 */
import { registerHooks } from 'node:module';

const hidden = (process.env.QUADRO_TEST_HIDDEN ?? '').split(',');

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isHidden = hidden.some(name => specifier === name || specifier.startsWith(`${name}/`));
    // From a folder without any packages.
    return nextResolve(specifier, isHidden ? { ...context, parentURL: 'file:///quadro-no-such-folder/a.js' } : context);
  },
});

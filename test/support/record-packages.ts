/**
 * Preloaded by `node --import`: prints, when the process ends, the packages that were loaded from node_modules, one JSON
 * array on the last line of stdout.
 */
import { registerHooks } from 'node:module';

const packages = new Set<string>();

registerHooks({
  load(url, context, nextLoad) {
    const [, inside] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
    if (inside !== undefined) packages.add(inside);
    return nextLoad(url, context);
  },
});

process.once('exit', () => console.log(JSON.stringify([...packages].sort())));

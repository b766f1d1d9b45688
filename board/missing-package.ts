import { ConfigurationError } from './core/errors.ts';

function isMissing(error: unknown, names: readonly string[]): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return false;
  // The package itself, not a file that is missing inside it nor a dependency of it.
  return names.some(name => [`'${name}'`, `'${name}/`].some(text => error.message.includes(text)));
}

/**
 * Loads what needs optional packages, and gives the one line that installs them where one is not there.
 *
 * @param names The package, or all that `load` needs.
 * @throws ConfigurationError (`missing_package`); whatever `load` throws besides.
 * @example const { Registry } = await importPeer('prom-client', () => import('prom-client'));
 */
export async function importPeer<T>(names: string | readonly string[], load: () => Promise<T>): Promise<T> {
  const packages = typeof names === 'string' ? [names] : names;
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, packages)) throw error;
    const install = `npm install ${packages.join(' ')}`;
    const [what, is] =
      packages.length === 1 ? [`The package ${packages[0]}`, 'is'] : ['This needs packages that', 'are'];
    throw new ConfigurationError('missing_package', `${what} ${is} not installed; run: ${install}`, {
      cause: error,
      details: { packages, install },
    });
  }
}

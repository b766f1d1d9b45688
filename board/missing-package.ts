import { ConfigurationError } from './core/errors.ts';

function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  const isNotFound = error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND';
  // The package itself, not a file that is missing inside it or a dependency of it.
  return isNotFound && [`'${name}'`, `'${name}/`, `"${name}"`].some(text => error.message.includes(text));
}

/**
 * Loads an optional package, and says how to install it where it is not there.
 *
 * @throws ConfigurationError (`missing_package`); whatever `load` throws besides.
 * @example const { Registry } = await importPeer('prom-client', () => import('prom-client'));
 */
export async function importPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isMissing(error, name)) throw error;
    throw new ConfigurationError('missing_package', `The package ${name} is not installed; run: npm install ${name}`, {
      cause: error,
      details: { package: name, install: `npm install ${name}` },
    });
  }
}

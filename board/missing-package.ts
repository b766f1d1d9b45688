import { ConfigurationError } from './core/errors.ts';

/** Node's code of an import that finds no such package. */
const NOT_FOUND = new Set(['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);

/**
 * Loads an optional package.
 *
 * @example const { DuckDBInstance } = await importPeer('@duckdb/node-api', () => import('@duckdb/node-api'));
 * @throws ConfigurationError (`missing_package`) with the line that installs it, where it is not there.
 */
export async function importPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!NOT_FOUND.has(code) || !(error instanceof Error) || !error.message.includes(name)) throw error;
    throw new ConfigurationError('missing_package', `This needs the package ${name}: npm install ${name}`, {
      cause: error,
      details: { package: name },
    });
  }
}

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(new URL('../peers/package.json', import.meta.url));

/**
 * A package of `bench/peers`, as much of it as the benchmark uses: the project has neither the package nor its types.
 */
export async function importPeer<Module>(name: string): Promise<Module> {
  return import(pathToFileURL(require.resolve(name)).href);
}

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ValidationError } from './core/errors.ts';
import { type LifecycleFormat, parseLifecycle } from './core/lifecycle/parse.ts';
import type { Lifecycle } from './core/lifecycle/types.ts';

const FORMAT_OF_ENDING: ReadonlyMap<string, LifecycleFormat> = new Map<string, LifecycleFormat>([
  ['.toml', 'toml'],
  ['.yaml', 'yaml'],
  ['.yml', 'yaml'],
  ['.json', 'json'],
]);

/**
 * The lifecycle that a file declares; its ending (`.toml`, `.yaml`, `.yml`, `.json`) says the format.
 *
 * ```ts
 * const newsroom = await loadLifecycle('newsroom.toml');
 * ```
 *
 * @throws ValidationError (`invalid_lifecycle`) with every fault of the file, or where there is no such file to read.
 */
export async function loadLifecycle(path: string): Promise<Lifecycle> {
  const format = FORMAT_OF_ENDING.get(extname(path).toLowerCase());
  if (format === undefined) {
    const endings = [...FORMAT_OF_ENDING.keys()].join(', ');
    throw new ValidationError('invalid_lifecycle', `A lifecycle file ends in one of ${endings}, unlike ${path}`);
  }
  return parseLifecycle(await readText(path), format, path);
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ValidationError('invalid_lifecycle', `Cannot read the lifecycle file ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8 text';
  return error instanceof Error ? error.message : String(error);
}

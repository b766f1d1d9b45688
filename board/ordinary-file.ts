import { stat } from 'node:fs/promises';
import { errorOf } from './core/errors.ts';

/**
 * Refuses a path that a whole new file cannot take the place of: renamed over a device such as `/dev/null`, it would be the end of
 * the device.
 *
 * @throws ConfigurationError (`invalid_configuration`)
 */
export async function checkOrdinaryFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || found.isFile()) return;
  const what = found.isDirectory() ? 'a folder' : 'a device or a pipe';
  throw errorOf('invalid_configuration', `${path} is ${what}, which a file cannot take the place of: name another`);
}

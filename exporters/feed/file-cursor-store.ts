import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { QuadroError } from '../../board/core/errors.ts';
import { type CursorStore, isSavedCursor, type SavedCursor } from './cursor-store.ts';
import { fileFailure, systemCode } from './file-failure.ts';
import { fileLeaseRegister, unfinishedSave } from './file-lease-register.ts';
import { assertTermHeld } from './held-term.ts';
import { syncFolder } from './sync-folder.ts';

/**
 * Keeps a cursor in a JSON file: written beside it, flushed to the disk, then renamed over it, so that a kill or a full
 * disk leaves the former place. Its lease is in files of the same name with `.lease-` and a number.
 *
 * @throws QuadroError `invalid_configuration` from `load` where the file is there but cannot be used.
 */
export function fileCursorStore(path: string): CursorStore {
  const lease = fileLeaseRegister(path);
  return {
    lease,
    async load() {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw unusable(path, error.message, error);
      });
      return text === null ? null : parseSaved(path, text);
    },
    async save(saved, term) {
      const text = `${JSON.stringify(saved)}\n`;
      if (term === undefined) {
        await replaceFile(path, text, `${path}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
        return;
      }
      const assertHeld = (): Promise<void> => assertTermHeld(lease, term, path);
      await replaceFile(path, text, unfinishedSave(path, term), assertHeld);
    },
  };
}

async function replaceFile(
  path: string,
  text: string,
  temporary: string,
  assertHeld: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await assertHeld();
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    // Whoever took the lease over has removed it.
    if (systemCode(error) === 'ENOENT') await assertHeld();
    throw fileFailure(`The cursor file ${path} could not be written`, error);
  }
}

function parseSaved(path: string, text: string): SavedCursor {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unusable(path, 'it holds no JSON', error);
  }
  if (!isSavedCursor(value)) throw unusable(path, 'it holds no cursor');
  return value;
}

function unusable(path: string, reason: string, cause?: unknown): QuadroError {
  return new QuadroError(
    'invalid_configuration',
    `The cursor file ${path} cannot be used: ${reason}. Repair it, or remove it to read the log from its start ` +
      '(spans sent before are sent again with the same ids).',
    cause === undefined ? {} : { cause },
  );
}

import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkOrdinaryFile } from '../../board/ordinary-file.ts';

/**
 * Files that appear under their names only when all of them are whole: each is written beside its place under a hidden
 * name and renamed by `publish`. A kill leaves at most hidden files that end in `.tmp`.
 */
export class StagedFiles {
  readonly #staged = new Map<string, string>();
  readonly #scratch = new Set<string>();

  /** The path to write the file to until it is published. */
  stage(path: string): string {
    const temporary = hiddenBeside(path);
    this.#staged.set(temporary, path);
    return temporary;
  }

  /** A path for a file that is needed only on the way. */
  scratch(path: string): string {
    const temporary = hiddenBeside(path);
    this.#scratch.add(temporary);
    return temporary;
  }

  /** Forces the files to disk, then gives each its name. */
  async publish(): Promise<void> {
    for (const temporary of this.#staged.keys()) {
      const handle = await open(temporary, 'r+');
      await handle.sync().finally(() => handle.close());
    }
    for (const path of this.#staged.values()) await checkOrdinaryFile(path);
    for (const [temporary, path] of this.#staged) {
      await rename(temporary, path);
      this.#staged.delete(temporary);
    }
    await this.discard();
  }

  /** Removes whatever was not published. */
  async discard(): Promise<void> {
    for (const path of [...this.#staged.keys(), ...this.#scratch]) await rm(path, { force: true });
    this.#staged.clear();
    this.#scratch.clear();
  }
}

function hiddenBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.tmp`);
}

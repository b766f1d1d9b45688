import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorOf, type QuadroError } from '../../core/errors.ts';
import { checkOrdinaryFile } from '../../ordinary-file.ts';
import type { SourceRow } from './source-row.ts';

/** A row that was not imported. */
export interface RejectedRow {
  /** The line on which it begins, from 1. */
  readonly line: number;
  readonly reason: string;
}

/** Faults that are kept to be shown; all are counted. */
const MAX_SHOWN = 1_000;

/**
 * Keeps faulty rows aside: one JSON object a line, in a file that appears under its name when the import is done. None is made
 * where no row is faulty.
 */
export class RejectedRows {
  readonly #path: string | null;
  readonly #temporary: string;
  readonly #first: RejectedRow[] = [];
  #handle: FileHandle | null = null;
  #isStaged = false;
  #count = 0;

  constructor(path: string | null) {
    this.#path = path;
    this.#temporary = path === null ? '' : join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.tmp`);
  }

  get count(): number {
    return this.#count;
  }

  /** The first of them. */
  get first(): readonly RejectedRow[] {
    return this.#first;
  }

  /** Where they are once the import is done; null where there are none, or nobody wants them. */
  get file(): string | null {
    return this.#count === 0 ? null : this.#path;
  }

  async add(rows: readonly (readonly [row: SourceRow, reason: string])[]): Promise<void> {
    this.#count += rows.length;
    for (const [{ line }, reason] of rows.slice(0, MAX_SHOWN - this.#first.length)) this.#first.push({ line, reason });
    if (this.#path === null || rows.length === 0) return;
    const lines = rows.map(([row, reason]) => JSON.stringify({ line: row.line, reason, row: row.asFound() }));
    try {
      this.#handle ??= await open(this.#temporary, 'wx');
      this.#isStaged = true;
      await this.#handle.writeFile(`${lines.join('\n')}\n`);
    } catch (cause) {
      throw this.#unkept(cause);
    }
  }

  /** Forces the file to disk; no row may be added afterwards. */
  async settle(): Promise<void> {
    if (this.#path !== null && this.#isStaged) await checkOrdinaryFile(this.#path);
    try {
      await this.#handle?.sync();
      await this.#close();
    } catch (cause) {
      throw this.#unkept(cause);
    }
  }

  #unkept(cause: unknown): QuadroError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return errorOf('invalid_configuration', `The faulty rows cannot be kept in ${this.#path}: ${why}`, { cause });
  }

  /** Gives the file its name. */
  async publish(): Promise<void> {
    if (this.#path === null || !this.#isStaged) return;
    await rename(this.#temporary, this.#path);
    this.#isStaged = false;
  }

  /** Removes what was not published. */
  async discard(): Promise<void> {
    await this.#close();
    if (this.#isStaged) await rm(this.#temporary, { force: true });
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await handle?.close();
  }
}

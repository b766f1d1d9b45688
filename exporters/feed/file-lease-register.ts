import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Lease } from '../../board/core/records.ts';
import { fileFailure, systemCode } from './file-failure.ts';
import { isLease, type LeaseRegister } from './lease-register.ts';

/** A lease, and the file that holds it: each change is a file of its own. */
interface Kept {
  readonly number: number;
  readonly text: string;
  readonly lease: Lease;
}

/** What a file system says that knows no links. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** What the first file holds once it is of the past: it stays, or whoever froze before there was any would begin anew. */
const PAST = 'past\n';

/** How long a file that cannot be read is taken to be somebody's, in milliseconds. */
const UNREADABLE_MS = 10_000;

/**
 * Keeps a lease in files beside a cursor's: `board.db.cursor-otlp.json` has `board.db.cursor-otlp.lease-7.json`, and the one
 * with the highest number counts. A change is the file of the next number, made whole and where there is none, so that of
 * several processes one makes it; nothing is ever written over. All processes must be on the machine that has the files.
 */
export function fileLeaseRegister(cursorFile: string): LeaseRegister {
  const files = new LeaseFiles(cursorFile);
  return {
    read: async () => (await files.newest())?.lease ?? null,
    async replace(seen, next) {
      const kept = await files.newest();
      if (JSON.stringify(kept?.lease ?? null) !== JSON.stringify(seen)) return false;
      const number = (kept?.number ?? 0) + 1;
      if (!(await files.create(number, next))) return false;
      // Whoever froze on the way may have made a file that others had made, and removed, long ago: then the one before it,
      // which is removed first, is not there any more.
      if (kept !== null && !(await files.holds(kept))) {
        await files.remove(number);
        return false;
      }
      await files.removeSavesBefore(next.term);
      // What stays is removed at the next change.
      await files.removeLeasesBefore(number - 1).catch(() => undefined);
      return true;
    },
  };
}

/** The name of a cursor's file while it is being saved under a term; `fileLeaseRegister` takes those of past terms away. */
export function unfinishedSave(cursorFile: string, term: number): string {
  return `${cursorFile}.term-${term}.${randomUUID().slice(0, 8)}.tmp`;
}

/** The files of a lease. */
class LeaseFiles {
  readonly #folder: string;
  readonly #cursorName: string;
  readonly #prefix: string;

  constructor(cursorFile: string) {
    this.#folder = dirname(cursorFile);
    this.#cursorName = basename(cursorFile);
    this.#prefix = `${basename(cursorFile, '.json')}.lease-`;
  }

  #pathOf(number: number): string {
    return join(this.#folder, `${this.#prefix}${number}.json`);
  }

  /** What follows a prefix in the names of the folder's files. */
  async #namesAfter(prefix: string): Promise<string[]> {
    try {
      const names = await readdir(this.#folder);
      return names.filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length));
    } catch (error) {
      throw fileFailure(`The folder ${this.#folder} could not be searched for a lease`, error);
    }
  }

  /** The number that counts; 0 where there is none. */
  async #newestNumber(): Promise<number> {
    const names = await this.#namesAfter(this.#prefix);
    return Math.max(0, ...names.map(name => Number(/^([1-9]\d{0,14})\.json$/.exec(name)?.[1] ?? 0)));
  }

  async newest(): Promise<Kept | null> {
    for (let last = 0; ; ) {
      const number = await this.#newestNumber();
      if (number === 0) return null;
      const text = await this.#textOf(number);
      if (text !== null && text !== PAST) return { number, text, lease: leaseIn(text) ?? unreadable(number) };
      // Of the past since it was listed: there is a newer one.
      if (number === last)
        throw fileFailure(
          `The lease file ${this.#pathOf(number)} could not be read`,
          new Error('it is of the past, and there is no newer one'),
        );
      last = number;
    }
  }

  /** What a number's file holds; null where there is none. */
  async #textOf(number: number): Promise<string | null> {
    const path = this.#pathOf(number);
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw fileFailure(`The lease file ${path} could not be read`, error);
    }
  }

  /** Whether a file still is what it was. */
  async holds({ number, text }: Kept): Promise<boolean> {
    return (await this.#textOf(number)) === text;
  }

  /** Makes the file of a number, whole; false where it is there. */
  async create(number: number, lease: Lease): Promise<boolean> {
    const path = this.#pathOf(number);
    const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
    const text = `${JSON.stringify(lease)}\n`;
    try {
      await writeFile(temporary, text, { flag: 'wx', mode: 0o600 });
      return await link(temporary, path).then(
        () => true,
        error => this.#createUnlinked(path, text, error),
      );
    } catch (error) {
      throw fileFailure(
        `The lease file ${path} could not be written (whoever exports keeps its place and its lease in that folder)`,
        error,
      );
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** Why a link was not made: the number is taken, or its own file was removed as one of the past, or there are no links. */
  async #createUnlinked(path: string, text: string, error: unknown): Promise<boolean> {
    const code = systemCode(error);
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    if (!NO_LINKS.has(code)) throw error;
    // Whoever reads half of it takes it for somebody's, and waits.
    return writeFile(path, text, { flag: 'wx', mode: 0o600 }).then(
      () => true,
      failure => {
        if (systemCode(failure) === 'EEXIST') return false;
        throw failure;
      },
    );
  }

  async remove(number: number): Promise<void> {
    await rm(this.#pathOf(number), { force: true }).catch(() => undefined);
  }

  /**
   * Removes the files below a number, the oldest first; it stops at one that it cannot remove. The last of the past is kept by
   * the caller: a listing made meanwhile must hold it or the one that counts.
   */
  async removeLeasesBefore(number: number): Promise<void> {
    const names = await this.#namesAfter(this.#prefix);
    const old = names
      .map(name => ({ name, of: Number(/^([1-9]\d{0,14})\.json(\.[0-9a-f]+\.tmp)?$/.exec(name)?.[1] ?? number) }))
      .filter(({ of }) => of < number)
      .sort((a, b) => a.of - b.of);
    if (old.some(({ name }) => name === '1.json')) await this.#makeFirstPast();
    for (const { name } of old) {
      if (name !== '1.json') await rm(join(this.#folder, this.#prefix + name), { force: true });
    }
  }

  async #makeFirstPast(): Promise<void> {
    const path = this.#pathOf(1);
    if ((await this.#textOf(1)) === PAST) return;
    const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
    await writeFile(temporary, PAST, { flag: 'wx', mode: 0o600 });
    await rename(temporary, path);
  }

  /**
   * Makes every save that an earlier holder has begun come to nothing. A holder looks whether it still is one when it has
   * written its file, and then renames it: so either it sees that it is none any more, or its file is found here.
   */
  async removeSavesBefore(term: number): Promise<void> {
    const prefix = `${this.#cursorName}.term-`;
    for (const name of await this.#namesAfter(prefix)) {
      if (Number(/^(\d{1,15})\./.exec(name)?.[1] ?? term) >= term) continue;
      const path = join(this.#folder, prefix + name);
      await rm(path, { force: true }).catch((error: unknown) => {
        throw fileFailure(`The unfinished file ${path} of an exporter that has gone could not be removed`, error);
      });
    }
  }
}

function leaseIn(text: string): Lease | null {
  try {
    const value: unknown = JSON.parse(text);
    return isLease(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * What a file without a lease is taken for (half-written, or left by a power failure): somebody's, until it has stood still.
 * Its number is at least as high as every term so far.
 */
function unreadable(number: number): Lease {
  return {
    role: '',
    kind: '',
    holder: 'unknown',
    term: number,
    renewals: 0,
    claims: null,
    duration_ms: UNREADABLE_MS,
    taken_at: 0,
    renewed_at: 0,
  };
}

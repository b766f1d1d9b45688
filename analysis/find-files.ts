import { glob, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { errorOf } from '../board/core/errors.ts';
import { TABLE_NAMES, type TableName } from '../board/core/tables.ts';
import { TABLE_FORMATS, type TableFormat } from '../board/duckdb.ts';

/** A file that holds rows of one exported table. */
export interface TableFile {
  readonly table: TableName;
  readonly path: string;
  readonly format: TableFormat;
}

const FORMATS_TEXT = TABLE_FORMATS.map(format => `.${format}`).join(', ');

/** What makes a path that is not there a pattern. */
const WILDCARD = /[*?[{]/;

function formatOf(path: string): TableFormat | undefined {
  return TABLE_FORMATS.find(format => extname(path).toLowerCase() === `.${format}`);
}

/** The table that a file's name says it holds: `events.parquet`, `events-2026-11-21.ndjson`, `tasks_1.csv`. */
function tableOf(path: string): TableName | undefined {
  const name = basename(path, extname(path));
  return TABLE_NAMES.find(table => name === table || new RegExp(`^${table}[-_. ]`).test(name));
}

/** Whether a path, where nothing of its name is there, is a pattern for others. */
export function isPattern(path: string): boolean {
  return WILDCARD.test(path);
}

/** The paths that a pattern matches, in order; a path that is there is taken as it is, whatever its name. */
async function expand(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => cause);
  if (!(found instanceof Error)) return [path];
  if (!isPattern(path)) {
    throw errorOf('invalid_source', `There is no ${path}: name an exported folder or a file of events`, {
      cause: found,
    });
  }
  const matches = (await Array.fromAsync(glob(path))).toSorted();
  if (matches.length === 0) throw errorOf('invalid_source', `Nothing matches ${path}`);
  return matches;
}

/** The files of an exported folder; of a table that is there in several formats, the first of {@link TABLE_FORMATS}. */
async function filesIn(folder: string): Promise<readonly TableFile[]> {
  const byStem = new Map<string, TableFile>();
  for (const name of (await readdir(folder)).toSorted()) {
    const [table, format] = [tableOf(name), formatOf(name)];
    if (table === undefined || format === undefined) continue;
    const stem = basename(name, extname(name));
    const known = byStem.get(stem);
    const isBetter = known === undefined || TABLE_FORMATS.indexOf(format) < TABLE_FORMATS.indexOf(known.format);
    if (isBetter) byStem.set(stem, { table, path: join(folder, name), format });
  }
  const files = [...byStem.values()];
  if (files.some(({ table }) => table === 'events')) return files;
  throw errorOf('invalid_source', `${folder} is no exported log: it has no events file (${FORMATS_TEXT})`);
}

async function filesOf(path: string, isAlone: boolean): Promise<readonly TableFile[]> {
  if ((await stat(path)).isDirectory()) return filesIn(path);
  const format = formatOf(path);
  if (format === undefined) {
    throw errorOf('invalid_source', `${path} is no exported log: a file of events ends in ${FORMATS_TEXT}`);
  }
  // A single file is the events, whatever it is called.
  return [{ table: isAlone ? 'events' : (tableOf(path) ?? 'events'), path, format }];
}

/**
 * The files of exported logs: of folders, of single files (one alone is the events), of patterns for either. Among several
 * files the name says which table one holds, and one whose name says nothing holds events. Each file once, by its folder.
 *
 * @throws ValidationError (`invalid_source`) for a path that is not there or is no log
 */
export async function findFiles(paths: readonly string[]): Promise<readonly TableFile[]> {
  const matched = (await Promise.all(paths.map(expand))).flat();
  const isAlone = new Set(matched.map(path => resolve(path))).size === 1;
  const files = (await Promise.all(matched.map(path => filesOf(path, isAlone)))).flat();
  const unique = new Map(files.map(file => [resolve(file.path), file]));
  if (files.some(({ table }) => table === 'events')) return [...unique.values()];
  throw errorOf('invalid_source', `${paths.join(', ')}: among these files is none of events`);
}

/** The folder a file is in: files side by side are one export. */
export function folderOf(file: TableFile): string {
  return dirname(resolve(file.path));
}

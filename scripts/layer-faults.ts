/** The lines that hold the house together (ARCHITECTURE.md): who may import whom, and who may ask a database's name. */
import { type Fault, type ImportOf, importsOf, lineAt, type Source } from './sources.ts';

/** Folder → the folders it may import from, itself aside. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  board: [],
  exporters: ['board'],
  analysis: ['board'],
  dashboards: ['analysis', 'exporters', 'board'],
  cli: ['dashboards', 'analysis', 'exporters', 'board'],
};

/** What the pure core may use from outside: hashing, and the two parsers of lifecycle files. */
const CORE_MAY_IMPORT: ReadonlySet<string> = new Set(['node:crypto', 'yaml', 'smol-toml']);

const DATABASE = "'(?:sqlite|better-sqlite3|postgres|postgresql|pg|mysql|mysql2|mariadb|dynamodb|redis|nats)'";
const COMPARES_DATABASE = new RegExp(`[!=]==? ${DATABASE}|${DATABASE} [!=]==? |\\bcase ${DATABASE}:`, 'g');
const SILENCES_TYPES = /@ts-(?:ignore|expect-error|nocheck)/g;

const roomOf = (path: string): string => path.split('/', 1)[0] ?? '';

function importFault(path: string, { target, isRelative }: ImportOf): string | null {
  const room = roomOf(path);
  const allowed = MAY_IMPORT[room];
  if (allowed === undefined) return null;
  const isCore = path.startsWith('board/core/');
  if (!isRelative) {
    return isCore && !CORE_MAY_IMPORT.has(target) ? `board/core is pure and must not import ${target}` : null;
  }
  const targetRoom = roomOf(target);
  if (isCore && !target.startsWith('board/core/')) return `board/core must not import ${target}, which is outside it`;
  if (targetRoom === room || allowed.includes(targetRoom)) return null;
  return `${room} must not import from ${targetRoom} (${target})`;
}

function matchFaults({ path, text }: Source, pattern: RegExp, message: string): Fault[] {
  return [...text.matchAll(pattern)].map(match => ({ path, line: lineAt(text, match.index), message }));
}

/** Every import against the direction of the layers, every comparison of a database's name, every silenced type error. */
export function layerFaults(sources: readonly Source[]): Fault[] {
  return sources.flatMap(source => {
    const imports = importsOf(source).flatMap(found => {
      const message = importFault(source.path, found);
      return message === null ? [] : [{ path: source.path, line: found.line, message }];
    });
    const isProduct = roomOf(source.path) in MAY_IMPORT;
    const isBackend = /^board\/backends\/[^/]+\//.test(source.path);
    return [
      ...imports,
      ...(isProduct && !isBackend
        ? matchFaults(source, COMPARES_DATABASE, "compares a database's name; ask for a capability instead")
        : []),
      ...(isProduct ? matchFaults(source, SILENCES_TYPES, 'silences the type checker') : []),
    ];
  });
}

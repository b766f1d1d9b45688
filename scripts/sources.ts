/** Reads the project's own TypeScript for the checks: which file imports what from where, and what it exports. */
import { globSync, readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';

/** The folders that become the package. */
export const ROOMS = ['board', 'exporters', 'analysis', 'dashboards', 'cli'] as const;

/** The folders beside them that import from them. */
const WORKSHOPS = ['test', 'bench', 'examples', 'scripts'] as const;

/** A TypeScript file by its path in the project, with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
}

/** One `import` or `export … from`, or a dynamic import. */
export interface ImportOf {
  /** As written, or, where it is relative, the path in the project it leads to. */
  readonly target: string;
  readonly isRelative: boolean;
  /** The names taken; `*` where it is all of them. */
  readonly names: readonly string[];
  readonly line: number;
}

/** Something wrong, and where. */
export interface Fault {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Every TypeScript file of the project, or of one of its folders. */
export function readSources(folders: readonly string[] = [...ROOMS, ...WORKSHOPS]): Source[] {
  const root = resolve(import.meta.dirname, '..');
  return globSync(`{${folders.join(',')}}/**/*.ts`, { cwd: root, exclude: ['**/node_modules/**'] })
    .map(path => path.replaceAll('\\', '/'))
    .sort()
    .map(path => ({ path, text: readFileSync(resolve(root, path), 'utf8') }));
}

/** The line, from 1, on which the character at `index` stands. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

// Sources are formatted: a statement begins at the start of its line and strings stand in single quotes.
const STATEMENT = /^(?:import|export)\b([^;'"`=()]*?)\bfrom '([^']+)'|^import '([^']+)'/gm;
const DYNAMIC =
  /(?:const|let) (\{[^}]*\}|\w+) =\s+\(?await import\('([^']+)'\)|\bimport\('([^']+)'\)(?:\.(?!then\b)(\w+))?/g;

function namesIn(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause)?.[1];
  if (braces === undefined) return ['*'];
  const named = braces.split(',').map(part => part.replace(/^\s*type\s/, '').trim());
  return named.filter(part => part !== '').map(part => part.split(/\s+as\s+|\s*:\s*/)[0] ?? part);
}

function importOf({ path, text }: Source, specifier: string, clause: string, index: number): ImportOf {
  const isRelative = specifier.startsWith('.');
  const target = isRelative ? posix.join(posix.dirname(path), specifier) : specifier;
  return { target, isRelative, names: namesIn(clause), line: lineAt(text, index) };
}

/** What a file imports, types included. */
export function importsOf(source: Source): ImportOf[] {
  const statements = [...source.text.matchAll(STATEMENT)].map(match =>
    importOf(source, match[2] ?? match[3] ?? '', match[1] ?? '', match.index),
  );
  const dynamic = [...source.text.matchAll(DYNAMIC)].map(match => {
    const clause = match[4] === undefined ? (match[1] ?? '') : `{${match[4]}}`;
    return importOf(source, match[2] ?? match[3] ?? '', clause, match.index);
  });
  return [...statements, ...dynamic];
}

/** A declaration that a file exports, and whether a doc comment stands before it. */
export interface ExportOf {
  readonly name: string;
  /** `const`, `function`, `class`, `interface`, … */
  readonly kind: string;
  readonly isDocumented: boolean;
  readonly line: number;
}

const DECLARATION =
  /^export (?:declare )?(?:default )?(?:abstract )?(?:async )?(const|let|function\*?|class|interface|type) (\w+)/gm;

/** What a file declares and exports; what it passes on from other files is an import. */
export function exportsOf({ text }: Source): ExportOf[] {
  const seen = new Set<string>();
  return [...text.matchAll(DECLARATION)].flatMap(({ 1: kind = '', 2: name = '', index }) => {
    // The further signatures of an overloaded function are one export with the first.
    if (seen.has(name)) return [];
    seen.add(name);
    const before = text.slice(0, index).trimEnd();
    return [
      {
        name,
        kind,
        isDocumented: before.endsWith('*/') && before.lastIndexOf('/**') === before.lastIndexOf('/*'),
        line: lineAt(text, index),
      },
    ];
  });
}

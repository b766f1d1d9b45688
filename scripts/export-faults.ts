/** Exports that nobody uses, and exports that nobody explains. */
import { type ExportOf, exportsOf, type Fault, importsOf, type Source } from './sources.ts';

/** Files that are used from outside: by the package's users, by npm scripts, by the bin. */
const ENTRIES = /(?:^|\/)index\.ts$|^cli\/main\.ts$|^(?:test|bench|examples|scripts)\//;

/** Kinds of declaration that a signature can name. */
const NAMEABLE: ReadonlySet<string> = new Set(['interface', 'type', 'class']);

function usedNames(sources: readonly Source[]): Map<string, Set<string>> {
  const used = new Map<string, Set<string>>();
  for (const source of sources) {
    for (const { target, isRelative, names } of importsOf(source)) {
      if (!isRelative) continue;
      const known = used.get(target) ?? new Set();
      for (const name of names) known.add(name);
      used.set(target, known);
    }
  }
  return used;
}

/** A type or class in an exported signature of its own file needs its export: users of that signature name it. */
function isNamedBeside({ name, kind }: ExportOf, text: string): boolean {
  return NAMEABLE.has(kind) && (text.match(new RegExp(`\\b${name}\\b`, 'g')) ?? []).length > 1;
}

/** Exports of the package's files that no other file imports. */
export function deadExports(sources: readonly Source[]): Fault[] {
  const used = usedNames(sources);
  return sources
    .filter(({ path }) => !ENTRIES.test(path))
    .flatMap(source => {
      const names = used.get(source.path) ?? new Set();
      return exportsOf(source)
        .filter(found => !names.has(found.name) && !names.has('*') && !isNamedBeside(found, source.text))
        .map(({ name, line }) => ({ path: source.path, line, message: `nobody imports ${name}` }));
    });
}

/** Files that nothing imports. */
export function deadFiles(sources: readonly Source[]): Fault[] {
  const used = usedNames(sources);
  return sources
    .filter(({ path }) => !ENTRIES.test(path) && !used.has(path))
    .map(({ path }) => ({ path, line: 1, message: 'nobody imports this file' }));
}

/** Exports without a doc comment. */
export function undocumentedExports(sources: readonly Source[]): Fault[] {
  return sources
    .filter(({ path }) => !/^(?:test|bench|examples)\//.test(path))
    .flatMap(source =>
      exportsOf(source)
        .filter(({ isDocumented }) => !isDocumented)
        .map(({ name, line }) => ({ path: source.path, line, message: `${name} has no doc comment` })),
    );
}

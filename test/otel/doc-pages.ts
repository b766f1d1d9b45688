import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** A page of the documentation. */
export interface DocPage {
  /** From the project's root, such as `docs/telemetry.md`. */
  readonly path: string;
  readonly text: string;
}

/** A page by its path from the project's root. */
export function readPage(path: string): DocPage {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** The pages on traces: the contract, and those beside it. */
export function telemetryPages(): DocPage[] {
  const beside = readdirSync(join(ROOT, 'docs/telemetry')).filter(name => name.endsWith('.md'));
  return ['docs/telemetry.md', ...beside.map(name => `docs/telemetry/${name}`)].map(readPage);
}

/** What stands in the fenced blocks of a language. */
export function blocksOf({ text }: DocPage, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , block = '']) => block);
}

/** What stands between backticks, outside of blocks. */
export function inlineCodeOf({ text }: DocPage): string[] {
  return [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** Links to other pages that lead nowhere, as `page → link`. */
export function brokenLinksOf(page: DocPage): string[] {
  const links = [...page.text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter(link => !leadsSomewhere(page.path, link)).map(link => `${page.path} → ${link}`);
}

function leadsSomewhere(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? from : relative(ROOT, resolve(ROOT, dirname(from), file));
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || anchorsOf(readPage(path)).has(anchor);
}

/** As the pages are shown: lower case, spaces become hyphens, other punctuation goes, repeats are numbered. */
function anchorsOf({ text }: DocPage): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm)) {
    const plain = heading.replace(/`|\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The `quadro` commands of a page's shell blocks, as their words; variables stand for a word of their name. */
export function quadroCommandsOf(page: DocPage): string[][] {
  return blocksOf(page, 'sh')
    .flatMap(block => block.replaceAll('\\\n', ' ').split('\n'))
    .flatMap(line => {
      const [, command] = /^(?:[A-Z_]+=\S+ )*quadro (.*)$/.exec(line) ?? [];
      return command === undefined ? [] : [wordsOf(command)];
    });
}

function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/(?:"([^"]*)"|'([^']*)'|(#.*)|([^\s"'#]+))/g)];
  return words
    .filter(([, , , comment]) => comment === undefined)
    .map(([, double, single, , plain]) => (double ?? single ?? plain ?? '').replace(/\$(\w+)/g, '$1'));
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A row of the contract: its cells by the header's words, names without their backticks. */
export type ContractRow<Header extends readonly string[]> = Readonly<Record<Header[number], string>>;

/** The headers of the five tables in docs/telemetry.md that are the trace contract. */
export const SPAN_TABLE = ['span', 'one for', 'start → end', 'parent'] as const;
export const ATTRIBUTE_TABLE = ['span', 'attribute', 'type', 'when', 'meaning'] as const;
export const LINK_TABLE = ['span', 'link', 'leads to', 'when'] as const;
export const STATUS_TABLE = ['span', 'status', 'error.type', 'when'] as const;
export const RULE_TABLE = ['rule', 'what holds'] as const;

const PAGE = resolve(import.meta.dirname, '../../../docs/telemetry.md');

/** The rows of the table with that header, which the page has once. */
export function readTable<const Header extends readonly string[]>(header: Header): ContractRow<Header>[] {
  const lines = readFileSync(PAGE, 'utf8').split('\n');
  const wanted = `| ${header.join(' | ')} |`;
  const places = lines.flatMap((line, index) => (line === wanted ? [index] : []));
  const [place] = places;
  if (place === undefined || places.length > 1) {
    throw new Error(`docs/telemetry.md must have the table ${wanted} once, not ${places.length} times`);
  }
  const rows: ContractRow<Header>[] = [];
  for (const line of lines.slice(place + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(rowOf(header, line));
  }
  return rows;
}

function rowOf<Header extends readonly string[]>(header: Header, line: string): ContractRow<Header> {
  const cells = line.split('|').slice(1, -1);
  if (cells.length !== header.length)
    throw new Error(`A row has ${cells.length} cells, its header ${header.length}: ${line}`);
  return Object.fromEntries(header.map((name, index) => [name, nameOf(cells[index] ?? '')])) as ContractRow<Header>;
}

/** A cell that is one name in backticks is that name; any other is as it stands. */
function nameOf(cell: string): string {
  const text = cell.trim();
  return /^`([^`]+)`$/.exec(text)?.[1] ?? text;
}

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consoleExamples, outputPattern, wordsOf } from '../support/console-examples.ts';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { requireShared, sharedPath } from '../support/shared.ts';

const DOC = readFileSync(resolve(import.meta.dirname, '../../docs/cli.md'), 'utf8');
const NEWSROOM = 'data/newsroom.db';
const MEMO = `name = "memo"
phases = [["UNASSIGNED", "writing"], ["writing", "editing"], ["editing", "sent"]]
revisions = [["editing", "writing"]]

[routes.UNASSIGNED]
to_status = "writing"
capability = "writer"
`;

const TICKETS = `ticket,state,at,who
T1,open,2024-03-04T09:00:00+01:00,Ann
T1,done,2024-03-04T13:20:00+01:00,Ben
`;

/** What the page's commands may read on a machine without the shared folder. */
const OWN_FILES: ReadonlySet<string> = new Set(['memo.toml', 'tasks.db', 'tickets.csv', 'tickets.db']);

const EXAMPLES = consoleExamples(DOC);

describe('docs/cli.md', () => {
  const dir = mkdtempSync(join(tmpdir(), 'quadro-doc-'));

  beforeAll(() => {
    const source = sharedPath(NEWSROOM);
    if (source !== null) copyFileSync(source, join(dir, 'board.db'));
    writeFileSync(join(dir, 'memo.toml'), MEMO);
    writeFileSync(join(dir, 'tickets.csv'), TICKETS);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it.each(EXAMPLES)('$ %s', async (command, output) => {
    const [name, ...args] = wordsOf(command);
    expect(name).toBe('quadro');
    if (sharedPath(NEWSROOM) === null && !args.some(arg => OWN_FILES.has(arg))) return;
    const { status, stdout, stderr } = await quadro(args, { cwd: dir });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.replaceAll('\r\n', '\n')).toMatch(outputPattern(output));
  });

  it('was run on the shared board, and shows every command but those whose output is never the same', context => {
    requireShared(NEWSROOM, context);
    const shown = new Set(EXAMPLES.map(([command]) => wordsOf(command)[1]));
    const sections = [...DOC.matchAll(/^## ([a-z]+)$/gm)].map(([, name]) => name);
    expect(sections.filter(name => !shown.has(name))).toEqual(['demo', 'sleep']);
  });

  it('has a section for every command, with every option', async () => {
    const { stdout } = await quadro(['--help']);
    const commands = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name).filter(name => name !== 'help');
    expect([...DOC.matchAll(/^## ([a-z]+)$/gm)].map(([, name]) => name).toSorted()).toEqual(commands.toSorted());
    for (const command of commands) {
      const section = DOC.split(/^## /m).find(text => text.startsWith(`${command}\n`)) ?? '';
      const help = (await quadro([command ?? '', '--help'])).stdout;
      for (const [, option = ''] of help.matchAll(/^ {2}(?:-\w, )?(--[a-z]+)/gm)) {
        if (option !== '--help') expect(section, command).toContain(option);
      }
    }
  });

  it.each([
    [['check', 'newsroom.db'], 'check'],
    [['flight', 'newsroom.db', 'zdv2p'], 'flight'],
    [['report', 'newsroom.db'], 'report'],
    [['sleep', 'newsroom.db'], 'sleep'],
    [['export', 'newsroom.db', '--to', 'again'], 'export'],
    [['spans', 'newsroom.db', '--to', 'again.ndjson'], 'spans'],
    [['boards', 'newsroom.db'], 'boards'],
    [['import', 'board.db', '--into', 'again.db'], 'import'],
    [['import', 'tickets.csv', '--into', 'other.db', '--map', 'task_id=ticket,status=state,timestamp=at'], 'import'],
    [['copy', 'newsroom.db', '--into', 'copied.db'], 'copy'],
  ])('names every field of %j --json', async (args, name) => {
    if (sharedPath(NEWSROOM) === null) return;
    const value = await quadroJson<object>(args, { cwd: dir });
    const section = DOC.split(/^## /m).find(text => text.startsWith(`${name}\n`)) ?? '';
    const first: object = Array.isArray(value) ? value[0] : value;
    for (const field of Object.keys(first)) expect(section).toContain(`\`${field}\``);
  });
});

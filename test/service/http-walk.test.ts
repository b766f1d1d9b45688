import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/index.ts';
import { createToken, serveBoard } from '../../board/service/index.ts';
import { tempDir } from '../support/temp.ts';
import { readableLog } from './served.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/http.md'), 'utf8');
const run = promisify(execFile);

/** The blocks of a language under a heading, as somebody would paste them one after the other. */
function pasted(heading: string, language: string): string {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))]
    .map(([, text]) => text)
    .join('\n');
}

interface Walk {
  readonly board: Board;
  readonly url: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the service; the board stays. */
  stop(): Promise<unknown>;
}

/** The service that the page starts, on a port that is free. */
async function started(withTokens: boolean): Promise<Walk> {
  const file = join(tempDir(), 'tasks.db');
  const board = await openBoard({ backend: sqlite({ file }), taskTypes: { memo: 'fast' } });
  const permissions = ['read', 'post', 'work'] as const;
  const token = withTokens ? (await createToken(board, { name: 'reader', permissions })).token : '';
  const service = await serveBoard(board, { port: 0, logger: readableLog().logger });
  onTestFinished(async () => {
    await service.close();
    await board.close();
  });
  return { board, url: service.url, env: { ...process.env, QUADRO_TOKEN: token }, stop: () => service.close() };
}

async function needs(context: TestContext, program: string): Promise<void> {
  const isThere = await run(program, ['--version']).then(
    () => true,
    () => false,
  );
  context.skip(!isThere, `${program} is not on this machine`);
}

async function steps(board: Board, taskId: string): Promise<unknown[]> {
  return (await board.taskHistory(taskId)).map(each => each.to_status);
}

describe.each([
  ['with tokens', true],
  ['without tokens', false],
] as const)('docs/http.md works as pasted, %s', (_, withTokens) => {
  it('its lines with curl', async context => {
    await needs(context, 'curl');
    const { board, url, env } = await started(withTokens);
    const script = pasted('With curl', 'sh').replaceAll('http://127.0.0.1:7337', url);
    expect(script).toContain(url);
    const { stdout } = await run('bash', ['-eu', '-o', 'pipefail', '-c', script], { env });
    expect(await steps(board, 'bees')).toEqual(['UNASSIGNED', 'IN_PROGRESS', 'COMPLETE']);
    const { task } = await board.getTask('bees');
    expect(task).toMatchObject({ output: 'They huddle, and eat honey.', assigned_to: 'ann' });
    expect(task.archived_at).not.toBeNull();
    expect(await steps(board, 'wasps')).toEqual(['UNASSIGNED']);
    // The error as the page shows it, but for the request's number.
    const shown = pasted('With curl', 'json').trim().split('…');
    const refusal = stdout.match(/\{"error":"Illegal.*?\}/)?.[0] ?? '';
    for (const part of shown) expect(refusal).toContain(part);
    // The stream: whole, filtered, and from a place on.
    const ids = [...stdout.matchAll(/^id: (\d+)\nevent: /gm)].map(([, id]) => Number(id));
    expect(ids).toEqual([1, 2, 3, 4, 3, 4]);
    expect(stdout).toMatch(/"request_id":"1","ok":true/);
  });

  it('its program in Python', async context => {
    await needs(context, 'python3');
    const { board, url, env } = await started(withTokens);
    await board.postTask({ task_type: 'letter', label: 'of another kind', task_id: 'other' });
    const file = join(tempDir(), 'walk.py');
    writeFileSync(file, pasted('With Python', 'python'));
    const walk = async (): Promise<string> => {
      const { stdout, stderr } = await run('python3', ['-W', 'error', file], { env: { ...env, BOARD: url } });
      expect(stderr).toBe('');
      return stdout;
    };
    const first = await walk();
    expect(first.match(/ UNASSIGNED$/gm)).toHaveLength(3 + 4);
    expect(first.match(/^\w+ COMPLETE Dear all, letter \d is done\.$/gm)).toHaveLength(3);
    expect(first.match(/^\d+ task_completed \w+ COMPLETE$/gm)).toHaveLength(3);
    // Under its keys nothing is posted twice, and nobody takes what is done.
    const { next_sequence_id } = await board.board();
    const second = await walk();
    expect(second).not.toContain('Dear all');
    expect((await board.board()).next_sequence_id).toBe(next_sequence_id);
    expect(await steps(board, 'other')).toEqual(['UNASSIGNED']);
  });

  it('its program in Python, three at once: every task is done, and none twice', async context => {
    await needs(context, 'python3');
    const { board, url, env } = await started(withTokens);
    await board.postTasks(Array.from({ length: 20 }, (_, n) => ({ task_type: 'memo', label: `Note ${n}` })));
    const file = join(tempDir(), 'walk.py');
    writeFileSync(file, pasted('With Python', 'python'));
    const programs = Array.from({ length: 3 }, () => run('python3', [file], { env: { ...env, BOARD: url } }));
    const said = (await Promise.all(programs)).map(({ stdout }) => stdout).join('');
    const done = [...said.matchAll(/^(\w+) COMPLETE Dear all/gm)].map(([, id]) => id);
    expect(done).toHaveLength(20 + 3);
    expect(new Set(done).size).toBe(20 + 3);
    for (const id of done) expect(await steps(board, id ?? '')).toEqual(['UNASSIGNED', 'IN_PROGRESS', 'COMPLETE']);
  });

  it('its program in Python goes on where a stream was cut', async context => {
    await needs(context, 'python3');
    const { board, url, env, stop } = await started(withTokens);
    const file = join(tempDir(), 'follow.py');
    const blocks = pasted('With Python', 'python');
    const [before = '', following = ''] = blocks.split('end = call(');
    expect(following).not.toBe('');
    writeFileSync(
      file,
      `${before.split('for number in range(3):')[0]}
${before.slice(before.indexOf('def follow'))}
for event in follow():
    print(event["sequence_id"], flush=True)
    if event["sequence_id"] == 4:
        break
`,
    );
    const program = run('python3', [file], { env: { ...env, BOARD: url } });
    let seen = '';
    program.child.stdout?.on('data', text => {
      seen += text;
    });
    for (const label of ['a', 'b']) await board.postTask({ task_type: 'memo', label });
    await expect.poll(() => seen, { timeout: 60_000 }).toMatch(/^2$/m);
    await stop();
    for (const label of ['c', 'd']) await board.postTask({ task_type: 'memo', label });
    const again = await serveBoard(board, { port: Number(new URL(url).port), logger: readableLog().logger });
    onTestFinished(async () => {
      await again.close();
    });
    expect((await program).stdout).toBe('1\n2\n3\n4\n');
  });
});

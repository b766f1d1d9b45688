import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chief } from '../board/agents/chief.ts';
import { localNetwork } from '../board/transport/network.ts';
import { serve } from './service/served.ts';

const FOLDER = join(import.meta.dirname, '../examples');
const run = promisify(execFile);

/** What each example prints, and so shows. */
const SHOWS: Readonly<Record<string, readonly RegExp[]>> = {
  'approval.ts': [
    /^illegal_transition: .*quoted -> ordered/m,
    /^4 revision approved → quoted$/m,
    /^6 forward approved → ordered$/m,
  ],
  'review.ts': [
    /^On bees, draft 3: 1 revision, /m,
    /REVISION_NEEDED \(wait\) → IN_PROGRESS \(rework\)/,
    /COMPLETE \(terminal\)$/m,
  ],
  'tracing.ts': [
    /^chat a-model is in the task's trace: true$/m,
    /^its parent is stage IN_PROGRESS: true$/m,
    /^and so is the process's: true$/m,
  ],
};

/** Examples that are tried on their own, below. */
const ALONE = ['http-worker.ts'];

describe('examples/', () => {
  it('are all known here', () => {
    expect(readdirSync(FOLDER).filter(name => name.endsWith('.ts'))).toEqual([...Object.keys(SHOWS), ...ALONE].sort());
  });

  it.each(Object.entries(SHOWS))('%s runs and shows what it says', async (name, patterns) => {
    const { stdout } = await run(process.execPath, [join(FOLDER, name)]);
    for (const pattern of patterns) expect(stdout).toMatch(pattern);
  });

  it('http-worker.ts works for a service in another process until it is told to stop', async () => {
    const { board, service } = await serve({}, { taskTypes: {} });
    await board.run({ chief: new Chief({ board, network: localNetwork() }) });
    const { task } = await board.postTask({ task_type: 'article', label: 'Bees' });
    const env = { ...process.env, QUADRO_URL: service.url };
    const child = spawn(process.execPath, [join(FOLDER, 'http-worker.ts')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    while ((await board.getTask(task.task_id)).task.status !== 'COMPLETE' && child.exitCode === null) await sleep(50);
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect([await ended, output.stderr]).toEqual([[0, null], '']);
    const { task: done } = await board.getTask(task.task_id);
    expect([done.status, done.output]).toEqual(['COMPLETE', 'All there is to say on Bees']);
    expect(output.stdout).toContain(`At work on ${service.url}/; ctrl-C stops it`);
    expect(output.stdout).toContain(`${task.task_id}: Bees is approved`);
    expect((await board.listAgents()).map(({ status }) => status)).toEqual(['OFFLINE', 'OFFLINE', 'OFFLINE']);
  });
});

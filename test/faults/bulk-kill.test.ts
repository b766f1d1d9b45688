import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { checkLog } from '../../board/check/check.ts';
import { openBoard } from '../../board/open-board.ts';
import { bulkOf } from '../support/bulk-of.ts';
import { tempDir } from '../support/temp.ts';

const KILLS = 8;
const CALLERS = 3;
const SIZE = 150;
const MAX_DELAY_MS = 150;

/**
 * Posts bulks until it is killed at a moment of nobody's choosing, counted from its start or from what it had acknowledged
 * first; answers the keys that were acknowledged.
 */
async function killedRun(file: string, run: string, from: 'start' | 'acknowledged'): Promise<string[]> {
  const worker = join(import.meta.dirname, '../support/bulk-worker.ts');
  const child = spawn(process.execPath, ['--no-warnings', worker, file, run, String(CALLERS), String(SIZE)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', chunk => {
    said += String(chunk);
  });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended]);
  child.stdin.write('go\n');
  // However slow the machine is, half of the kills meet a process at work.
  if (from === 'acknowledged') await Promise.race([once(child.stdout, 'data'), ended]);
  await sleep(randomInt(MAX_DELAY_MS));
  child.kill('SIGKILL');
  await ended;
  // What follows the last line end was cut off by the kill.
  return said.split('\n').slice(1, -1);
}

it(`kill -9 among posts in bulk, ${KILLS} times: each bulk is there whole or not at all, and a retry posts it once`, async () => {
  const file = join(tempDir(), 'board.db');
  const acknowledged: string[] = [];
  let unanswered = 0;
  for (let run = 0; run < KILLS; run++) {
    acknowledged.push(...(await killedRun(file, `r${run}`, run % 2 === 0 ? 'start' : 'acknowledged')));
    const board = await openBoard({ backend: sqlite({ file }), taskTypes: { memo: 'fast' } });
    const sizes = async (): Promise<Map<string, number>> => {
      const { events } = await board.streamEvents();
      const byKey = Map.groupBy(events, event => event.idempotency_key ?? '');
      return new Map([...byKey].map(([key, each]) => [key, each.length]));
    };
    const found = await sizes();
    expect(new Set(found.values())).toEqual(found.size === 0 ? new Set() : new Set([SIZE]));
    expect(acknowledged.filter(key => !found.has(key))).toEqual([]);
    // Each caller's last acknowledged one and the one it was about to post, of which nobody knows what became.
    for (let caller = 0; caller < CALLERS; caller++) {
      const mine = acknowledged.filter(key => key.startsWith(`r${run}.${caller}.`)).length;
      for (const key of [`r${run}.${caller}.${Math.max(0, mine - 1)}`, `r${run}.${caller}.${mine}`]) {
        if (!found.has(key)) unanswered++;
        const { events } = await board.postTasks(bulkOf(key, SIZE), { idempotencyKey: key });
        expect(events.map(event => event.idempotency_key)).toEqual(Array.from({ length: SIZE }, () => key));
      }
    }
    const after = await sizes();
    expect(new Set(after.values())).toEqual(new Set([SIZE]));
    expect([...found.keys()].filter(key => !after.has(key))).toEqual([]);
    expect((await checkLog(board)).faults).toEqual([]);
    await board.close();
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS / 2);
  expect(unanswered).toBeGreaterThan(0);
}, 120_000);

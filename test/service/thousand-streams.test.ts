import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { openBoard } from '../../board/open-board.ts';
import { eventToWire } from '../../board/transport/wire.ts';
import { startProcess } from '../support/service-process.ts';
import { tempDir } from '../support/temp.ts';
import { streamServer } from './stream-server.ts';

const CLIENTS = 1_000;
const COMMITS = 150;

/** Fills what the kernel keeps for a client that does not read, so that the server feels it. */
const FILLER = 'x'.repeat(64_000);

interface Report {
  readonly isSlow: boolean;
  readonly wantsAll: boolean;
  readonly last: number;
  readonly gaps: number;
  readonly cuts: number;
  readonly digest: string;
}

/** Posts tasks one after another and gives the times they took, in milliseconds. */
async function timed(board: Board, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    await board.postTask({ task_type: 'memo', label: `${n}` });
    times.push(performance.now() - startedAt);
    await sleep(5);
  }
  return times.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], q: number): string =>
  (sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN).toFixed(2);

it('a thousand clients, a third of them slow: all get every event once, in order; the slow are dropped and come back', async () => {
  const board = await openBoard({ backend: sqlite({ file: `${tempDir()}/board.db` }) });
  const server = await streamServer(board, { stallSeconds: 4, heartbeatSeconds: 2, ringBytes: 1_048_576 });
  onTestFinished(async () => {
    await server.close();
    await board.close();
  });
  const without = await timed(board, COMMITS);
  const { child } = startProcess('stream-clients', [String(server.port), String(CLIENTS)]);
  onTestFinished(() => void child.kill('SIGKILL'));
  while (server.streams.stats().clients < CLIENTS) await sleep(20);
  const within = await timed(board, COMMITS);
  const quiet = process.memoryUsage();
  let most = { buffered_bytes: 0, ring_bytes: 0, external: 0, rss: 0 };
  const watch = setInterval(() => {
    const { buffered_bytes, ring_bytes } = server.streams.stats();
    const { arrayBuffers: external, rss } = process.memoryUsage();
    const now = { buffered_bytes, ring_bytes, external, rss };
    most = Object.fromEntries(
      Object.entries(now).map(([name, value]) => [name, Math.max(value, most[name as keyof typeof most])]),
    ) as typeof most;
  }, 50);
  onTestFinished(() => clearInterval(watch));
  const slow = Math.ceil(CLIENTS / 3);
  // Until each slow client has something waiting in this process, and no faster than the others read.
  let read = 0;
  child.on('message', (message: unknown) => {
    if (typeof message === 'number') read = message;
  });
  const isBlocked = (): boolean => server.streams.stats().buffered_bytes >= slow * FILLER.length;
  for (let posted = 0; ; ) {
    while (read < posted) await sleep(5);
    if (isBlocked()) break;
    posted = (await board.postTask({ task_type: 'filler', label: FILLER })).event.sequence_id;
  }
  while (server.streams.stats().dropped < slow) await sleep(20);
  clearInterval(watch);
  expect(server.ends).toEqual(Array(slow).fill('stalled'));
  expect(server.streams.stats()).toMatchObject({ clients: CLIENTS - slow, dropped: slow });
  child.send('resume');
  await timed(board, 20);
  const { next_sequence_id } = await board.board();
  child.send(next_sequence_id - 1);
  const reports = await new Promise<readonly Report[]>(resolve =>
    child.on('message', message => Array.isArray(message) && resolve(message)),
  );
  const [all, memos] = [createHash('sha256'), createHash('sha256')];
  for (let after = 0; ; after += 100) {
    const events = await board.events(after, 100);
    for (const event of events) {
      const data = JSON.stringify(eventToWire(event));
      all.update(data);
      if (event.task_type === 'memo') memos.update(data);
    }
    if (events.length < 100) break;
  }
  const ofAll = { last: next_sequence_id - 1, gaps: 0, digest: all.digest('hex') };
  const ofMemos = { ...ofAll, digest: memos.digest('hex') };
  expect(reports).toHaveLength(CLIENTS);
  for (const { isSlow, wantsAll, cuts, last, gaps, digest } of reports) {
    expect({ last, gaps, digest }).toEqual(wantsAll ? ofAll : ofMemos);
    expect(cuts).toBe(isSlow ? 1 : 0);
  }
  // A client holds 64 KiB and one event at most, and the chunks are shared by those at one place.
  expect(most.ring_bytes).toBeLessThanOrEqual(1_048_576);
  expect(most.buffered_bytes).toBeLessThanOrEqual(CLIENTS * 2 * 66_000);
  expect(most.external - quiet.arrayBuffers).toBeLessThanOrEqual(64 * 1_048_576);
  console.log(
    `${next_sequence_id - 1} events; commit p50/p99 in ms without clients ${quantile(without, 0.5)}/${quantile(without, 0.99)}, ` +
      `with ${CLIENTS} ${quantile(within, 0.5)}/${quantile(within, 0.99)}; at most ${JSON.stringify(most)}, ` +
      `before ${JSON.stringify({ external: quiet.arrayBuffers, rss: quiet.rss })}, after ${JSON.stringify(server.streams.stats())}`,
  );
});

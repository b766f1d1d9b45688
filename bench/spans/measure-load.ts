import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import type { LoadFigures, LoadJob, Mode } from './board-process.ts';
import { type Child, startChild } from './child.ts';
import type { ReceiverJob } from './receiver-process.ts';

/** A load and how long its last span took to arrive. */
export interface LoadMeasured extends LoadFigures {
  /** From the last answer of the board until the receiver had every span, in seconds; 0 where none are sent. */
  readonly lagSeconds: number;
}

/** How often the receiver is asked for its count. */
const LOOK_MS = 5;

async function untilAllArrived(receiver: Child, spans: number): Promise<number> {
  const startedAt = performance.now();
  while (Number(await receiver.asked('count')) < spans) await sleep(LOOK_MS);
  return (performance.now() - startedAt) / 1000;
}

/** Offers a load to a new board in a process of its own, its spans going to a receiver in another. */
export async function measureLoad(
  mode: Mode,
  load: Pick<LoadJob, 'perSecond' | 'seconds' | 'warmUpSeconds'>,
): Promise<LoadMeasured> {
  const folder = mkdtempSync(join(tmpdir(), 'quadro-bench-spans-'));
  const file = join(folder, 'board.db');
  const children: Child[] = [];
  const start = (module: string, job: object = {}): Child => {
    const child = startChild(module, job);
    children.unshift(child);
    return child;
  };
  try {
    const job: ReceiverJob = { isFailing: mode === 'failing' };
    const receiver = start('./receiver-process.ts', job);
    const url = String(await receiver.heard());
    if (mode === 'sidecar') {
      await (await openBoard({ backend: sqlite({ file }) })).close();
      await start('./follow-process.ts', { file, url }).heard();
    }
    const board = start('./board-process.ts', { file, url, mode, ...load });
    const figures = (await board.heard()) as LoadFigures;
    const lagSeconds = mode === 'off' ? 0 : await untilAllArrived(receiver, figures.spans);
    await board.asked('close');
    return { ...figures, lagSeconds };
  } finally {
    for (const child of children) await child.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

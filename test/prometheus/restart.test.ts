import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { LogSource } from '../../board/log-source.ts';
import { type CursorStore, fileCursorStore, type SavedCursor } from '../../exporters/feed/index.ts';
import { type MeasureOptions, measureBoard } from '../../exporters/prometheus/index.ts';
import { addAgent, liveMemo, memoBoard } from '../support/memo-board.ts';
import { tempDir } from '../support/temp.ts';

/** All lines that come from the log: what must not depend on how often the reader was stopped. */
async function logLines(source: LogSource, options?: MeasureOptions): Promise<string[]> {
  const measured = await measureBoard(source, options);
  const { text } = await measured.metrics();
  await measured.close();
  return text
    .split('\n')
    .filter(line => !/^(#|$)|^quadro_(board|exporter|agents|tasks|task_oldest|chief_state)/.test(line))
    .sort();
}

/** A store in memory; saves fail while `isFull`. */
function memoryStore(): CursorStore & { saved: SavedCursor | null; isFull: boolean } {
  return {
    saved: null,
    isFull: false,
    async load() {
      return this.saved;
    },
    async save(place) {
      if (this.isFull) throw new Error('no space left');
      this.saved = JSON.parse(JSON.stringify(place)) as SavedCursor;
    },
  };
}

describe('a restart', () => {
  it('goes on from the saved totals and reads only what is new', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    for (let n = 0; n < 20; n++) await liveMemo(board, clock, `a${n}`);
    const cursorStore = fileCursorStore(join(tempDir(), 'cursor.json'));
    const first = await logLines(board, { cursorStore });
    expect(first).toContain(
      'quadro_task_transitions_total{task_type="memo",from_status="IN_PROGRESS",to_status="COMPLETE",edge="forward"} 20',
    );
    for (let n = 0; n < 5; n++) await liveMemo(board, clock, `b${n}`);
    const everything = await logLines(board);
    const events = vi.spyOn(board, 'events');
    expect(await logLines(board, { cursorStore })).toEqual(everything);
    expect(events.mock.calls.map(([after]) => after)).toEqual([80]);
  });

  it('with other buckets counts the log anew', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    await liveMemo(board, clock, 'm');
    const cursorStore = memoryStore();
    await logLines(board, { cursorStore });
    const buckets = { task: [3, 8] };
    expect(await logLines(board, { cursorStore, buckets })).toEqual(await logLines(board, { buckets }));
  });

  it('after any mixture of work, catch-ups, crashes and full disks each row counts once', async () => {
    const act = fc.constantFrom('work', 'catch up', 'crash', 'disk full', 'disk free');
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async acts => {
        const { board, clock } = await memoBoard();
        await addAgent(board, 'ann', ['memo']);
        const cursorStore = memoryStore();
        const options = { cursorStore, onError: () => {} };
        let measured = await measureBoard(board, options);
        for (const [index, each] of acts.entries()) {
          if (each === 'work') await liveMemo(board, clock, `t${index}`);
          else if (each === 'catch up') await measured.catchUp();
          // A crash leaves what is in memory behind: nothing is closed.
          else if (each === 'crash') measured = await measureBoard(board, options);
          else cursorStore.isFull = each === 'disk full';
        }
        cursorStore.isFull = false;
        expect(await logLines(board, { cursorStore })).toEqual(await logLines(board));
        await board.close();
      }),
      { numRuns: 25 },
    );
  });

  it('a disk that is full is told, and the metrics go on', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo']);
    await liveMemo(board, clock, 'm');
    const cursorStore = memoryStore();
    cursorStore.isFull = true;
    const told: unknown[] = [];
    const lines = await logLines(board, { cursorStore, onError: error => told.push(error) });
    expect(lines).toEqual(await logLines(board));
    expect(`${told[0]}`).toContain('no space left');
  });

  it("a store of another board or a cursor beyond the log is an error, not another board's figures", async () => {
    const { board } = await memoBoard();
    await board.postTask({ task_type: 'memo', label: 'x' });
    const cursorStore = memoryStore();
    await logLines(board, { cursorStore });
    const saved = cursorStore.saved;
    if (saved === null) throw new Error('nothing was saved');
    cursorStore.saved = { ...saved, board_uid: 'another' };
    await expect(measureBoard(board, { cursorStore })).rejects.toMatchObject({ code: 'invalid_configuration' });
    cursorStore.saved = { ...saved, cursor: { ...saved.cursor, events: 99 } };
    const measured = await measureBoard(board, { cursorStore });
    await expect(measured.metrics()).rejects.toMatchObject({ code: 'cursor_beyond_log' });
    await measured.close();
  });

  it('a file that is no cursor is refused with its name', async () => {
    const { board } = await memoBoard();
    const path = join(tempDir(), 'cursor.json');
    writeFileSync(path, '{"half":');
    await expect(measureBoard(board, { cursorStore: fileCursorStore(path) })).rejects.toThrow(path);
  });
});

describe('kill -9', () => {
  it('at any moment while another process writes: nothing is lost, nothing counts twice', async () => {
    const dir = tempDir();
    const file = join(dir, 'board.db');
    const cursorFile = join(dir, 'cursor.json');
    const { board, clock } = await memoBoard({ backend: sqlite({ file }) });
    await addAgent(board, 'ann', ['memo']);
    const script = resolve(import.meta.dirname, '../support/measuring-process.ts');
    let isWriting = true;
    const writing = (async () => {
      for (let n = 0; isWriting; n++) await liveMemo(board, clock, `t${n}`);
    })();
    const places: number[] = [];
    for (let kill = 0; kill < 6; kill++) {
      const child = spawn(process.execPath, [script, file, cursorFile], { stdio: ['ignore', 'pipe', 'inherit'] });
      // Killed a few turns after the first catch-up, each time at another moment.
      await once(child.stdout, 'data');
      for (let turn = 0; turn < kill * 17; turn++) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await once(child, 'exit');
      places.push((JSON.parse(readFileSync(cursorFile, 'utf8')) as SavedCursor).cursor.events);
    }
    isWriting = false;
    await writing;
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    const lines = await logLines(board, { cursorStore: fileCursorStore(cursorFile) });
    expect(lines).toEqual(await logLines(board));
  });
});

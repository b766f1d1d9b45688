import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Board } from '../../board/index.ts';
import { fileCursorStore } from '../../exporters/feed/index.ts';
import { exportSpans, writeSpans } from '../../exporters/otel/index.ts';
import { tempDir } from '../support/temp.ts';
import { decodeLines, type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let board: Board;
let receiver: OtlpReceiver;
beforeEach(async () => {
  board = await testBoard();
  await work(board, 20);
  receiver = await otlpReceiver();
});
afterEach(async () => {
  await receiver.close();
  await board.close();
});

describe('writeSpans', () => {
  it('writes one OTLP request a line, the spans a receiver gets', async () => {
    const file = join(tempDir(), 'spans.ndjson');
    const summary = await writeSpans(board, file, { batchSize: 50 });
    await exportSpans(board, { follow: false, url: receiver.url, batchSize: 50 });
    const text = readFileSync(file, 'utf8');
    expect(decodeLines(text)).toEqual(receiver.spans);
    expect(summary.spans).toBe(receiver.spans.length);
    expect(
      text
        .split('\n')
        .filter(line => line !== '')
        .every(line => line.startsWith('{"resourceSpans":[')),
    ).toBe(true);
    const again = join(tempDir(), 'again.ndjson');
    await writeSpans(board, again, { batchSize: 50 });
    expect(readFileSync(again, 'utf8')).toBe(text);
  });

  it('writes into a pipe, and leaves it what it is: so /dev/null, which a rename would replace', async () => {
    const dir = tempDir();
    const [file, pipe] = [join(dir, 'spans.ndjson'), join(dir, 'pipe')];
    await writeSpans(board, file, { batchSize: 50 });
    execFileSync('mkfifo', [pipe]);
    const [read] = await Promise.all([readFile(pipe, 'utf8'), writeSpans(board, pipe, { batchSize: 50 })]);
    expect(read).toBe(readFileSync(file, 'utf8'));
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    expect(readdirSync(dir).toSorted()).toEqual(['pipe', 'spans.ndjson']);
  });

  it('of a board without spans is an empty file', async () => {
    const empty = await testBoard();
    const file = join(tempDir(), 'spans.ndjson');
    expect(await writeSpans(empty, file)).toMatchObject({ spans: 0 });
    expect(readFileSync(file, 'utf8')).toBe('');
    await empty.close();
  });

  it('takes no cursor store: a file that is never completed would be noted as delivered', async () => {
    const folder = tempDir();
    const cursorStore = fileCursorStore(join(folder, 'cursor.json'));
    const written = exportSpans(board, { file: join(folder, 'spans.ndjson'), cursorStore });
    await expect(written).rejects.toMatchObject({ code: 'invalid_configuration' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that is stopped half-way leaves no half of a file', async () => {
    const dir = tempDir();
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const stopped = writeSpans(board, join(dir, 'spans.ndjson'), { batchSize: 10, signal: stop.signal, onProgress });
    await expect(stopped).rejects.toThrow(/Stopped before/);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('that fails leaves the older file, and nothing beside it', async () => {
    const dir = tempDir();
    const file = join(dir, 'spans.ndjson');
    writeFileSync(file, 'older');
    const broken = { ...sourceOf(board), events: failingAfter(40) };
    await expect(writeSpans(broken, file, { batchSize: 20 })).rejects.toThrow(/disk is gone/);
    expect(readFileSync(file, 'utf8')).toBe('older');
    expect(readdirSync(dir)).toEqual(['spans.ndjson']);
    await expect(writeSpans(board, join(dir, 'no', 'folder.ndjson'))).rejects.toMatchObject({ code: 'storage_failed' });
    expect(existsSync(join(dir, 'no'))).toBe(false);
  });
});

/** Pages of events, until they are asked for beyond a number. */
function failingAfter(sequence: number): Board['events'] {
  return async (after, limit) => {
    if (after >= sequence) throw new Error('the disk is gone');
    return board.events(after, limit);
  };
}

function sourceOf(source: Board) {
  return {
    board: () => source.board(),
    events: (after: number, limit: number) => source.events(after, limit),
    chiefCycles: (after: number, limit: number) => source.chiefCycles(after, limit),
    ombudsmanTicks: (after: number, limit: number) => source.ombudsmanTicks(after, limit),
    taskEvents: (taskId: string, after: number, limit: number) => source.taskEvents(taskId, after, limit),
    taskHistory: (taskId: string) => source.taskHistory(taskId),
    tasksById: (ids: readonly string[]) => source.tasksById(ids),
    onCommit: (listener: () => void) => source.onCommit(listener),
  };
}

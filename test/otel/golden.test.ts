import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EdgeKind } from '../../board/core/statuses.ts';
import { ATTR } from '../../exporters/otel/names.ts';
import { tempDir } from '../support/temp.ts';
import { allSpans } from './all-spans.ts';
import { openGoldenLog } from './golden/golden-boards.ts';
import { GOLDEN_FOLDER, optionsOf, spansText } from './golden/golden-spans.ts';
import { GOLDEN_BOARDS, makeGoldenLog } from './golden/make-golden-log.ts';
import { readableSpans } from './golden/readable-spans.ts';
import { decodeJson, decodeProtobuf, type WireSpan, withoutFlags } from './wire-span.ts';

const golden = (name: string): Promise<string> => readFile(join(GOLDEN_FOLDER, name), 'utf8');

const goldenSpans = async (board: string): Promise<WireSpan[]> =>
  (await golden(`${board}.spans.ndjson`))
    .split('\n')
    .filter(line => line !== '')
    .flatMap(decodeJson);

/** Naming each, so that a new one is missed here. */
const CLOSING_EDGES: Record<Exclude<EdgeKind, 'post'>, true> = {
  forward: true,
  branch: true,
  revision: true,
  loop: true,
  stale: true,
  reassign: true,
  exit: true,
  unlinked: true,
};

/** What a regeneration would change, and when that is right, stands in `golden/regenerate.ts`. */
describe.each(GOLDEN_BOARDS)('the golden log of the board %s', board => {
  it('gives the golden spans, byte for byte', async () => {
    const log = await openGoldenLog(board);
    const text = await spansText(log, board, tempDir()).finally(() => log.close());
    expect(text).toBe(await golden(`${board}.spans.ndjson`));
  });

  it('has spans for reading that say what the bytes say', async () => {
    expect(readableSpans(await golden(`${board}.spans.ndjson`))).toBe(await golden(`${board}.spans.txt`));
  });

  it('gives the same spans as protobuf, to another decoder', async () => {
    const log = await openGoldenLog(board);
    const spans = await allSpans(log, { ...optionsOf(board), batchSize: 1000 }).finally(() => log.close());
    const body = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    // The golden spans are of any version.
    const scope = expect.anything();
    expect(decodeProtobuf(body).map(span => ({ ...span, scope }))).toEqual(
      (await goldenSpans(board)).map(span => withoutFlags({ ...span, scope })),
    );
  });
});

describe('the golden logs together', () => {
  let spans: readonly WireSpan[][];
  beforeAll(async () => {
    spans = await Promise.all(GOLDEN_BOARDS.map(goldenSpans));
  });

  it('are what boards write and export today, and give the same spans from the boards themselves', async () => {
    const folder = tempDir();
    const database = await makeGoldenLog(folder);
    for (const board of GOLDEN_BOARDS) {
      await database.export(board, folder);
      const files = await readdir(join(GOLDEN_FOLDER, board));
      expect(await readdir(join(folder, board))).toEqual(files);
      for (const file of files) {
        expect(await readFile(join(folder, board, file), 'utf8'), file).toBe(await golden(join(board, file)));
      }
      const live = await database.open(board);
      const text = await spansText(live, board, folder).finally(() => live.close());
      expect(text).toBe(await golden(`${board}.spans.ndjson`));
    }
  });

  it('have every kind of edge that closes a stage', async () => {
    const edges = spans.flat().map(({ attributes }) => attributes[ATTR.edge]?.value);
    expect(new Set(edges)).toEqual(new Set([...Object.keys(CLOSING_EDGES), undefined]));
  });

  it('have the same task, cycle and tick ids on several boards, and no span id twice', () => {
    const [press = [], annex = []] = spans;
    for (const attribute of [ATTR.task_id, ATTR.cycle_id, ATTR.tick_id]) {
      const ids = (of: readonly WireSpan[]) => of.flatMap(({ attributes }) => attributes[attribute]?.value ?? []);
      expect(ids(press).filter(id => ids(annex).includes(id))).not.toEqual([]);
    }
    const all = spans.flat();
    expect(new Set(all.map(({ spanId }) => spanId)).size).toBe(all.length);
    expect(new Set(spans.map(([span]) => span?.resource['quadro.board_uid']?.value)).size).toBe(GOLDEN_BOARDS.length);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { microsOf } from '../../board/core/time.ts';
import { importReference } from '../../board/import/reference.ts';
import { type Board, openBoard } from '../../board/index.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import type { NewsroomExpected } from '../support/newsroom-expected.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';
import { byId, exportKilled } from './killed-exporter.ts';
import { type Misbehaviour, type OtlpReceiver, otlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';

let receiver: OtlpReceiver;
let board: Board;
let expected: NewsroomExpected;
beforeEach(async context => {
  const file = requireShared('data/newsroom.db', context);
  expected = JSON.parse(readFileSync(requireShared('data/expected/newsroom.json', context), 'utf8'));
  const backend = sqlite({ file: ':memory:' });
  await importReference(file, { into: backend });
  board = await openBoard({ backend });
  receiver = await otlpReceiver();
});
afterEach(async () => {
  await receiver?.close();
  await board?.close();
});

const secondsOf = ({ start, end }: ReceivedSpan): number => Number(end - start) / 1e9;
const nanosOf = (iso: string): bigint => BigInt(microsOf(iso) ?? 0) * 1000n;
const isStage = ({ name }: ReceivedSpan): boolean => name.startsWith('stage ');
const isRoot = ({ name }: ReceivedSpan): boolean => name.startsWith('task ');
const spread = (values: readonly number[]) => ({
  count: values.length,
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  max: Math.max(...values),
});

describe('the spans of a real run of the reference implementation', () => {
  it('are one trace a task, each closed stage once, with the times another program computed', async () => {
    const options = { url: receiver.url, follow: false, protocol: 'http/protobuf', batchSize: 100 } as const;
    const summary = await exportSpans(board, options);
    const spans = receiver.spans.splice(0);
    const [stages, roots] = [spans.filter(isStage), spans.filter(isRoot)];
    expect(summary).toMatchObject({ spans: stages.length + roots.length, rejected: 0 });
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(expected.tasks);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);

    const rootOf = new Map(roots.map(root => [root.attributes['quadro.task_id'], root]));
    for (const { attributes, traceId, parentSpanId } of stages) {
      const root = rootOf.get(attributes['quadro.task_id']);
      expect([traceId, parentSpanId]).toEqual([root?.traceId, root?.spanId]);
    }

    for (const [status, dwell] of Object.entries(expected.dwell_seconds_by_status)) {
      const found = spread(stages.filter(({ name }) => name === `stage ${status}`).map(secondsOf));
      expect(found.count, status).toBe(dwell.count);
      expect(found.mean, status).toBeCloseTo(dwell.mean, 5);
      expect(found.max, status).toBeCloseTo(dwell.max, 5);
    }
    const elapsed = spread(roots.map(secondsOf));
    expect(elapsed.count).toBe(expected.elapsed_seconds.count);
    expect(elapsed.mean).toBeCloseTo(expected.elapsed_seconds.mean, 5);
    expect(elapsed.max).toBeCloseTo(expected.elapsed_seconds.max, 5);
    const revisions = roots.reduce((sum, { attributes }) => sum + Number(attributes['quadro.revisions']), 0);
    expect(revisions).toBe(expected.revision.edges);
    const unlinked = stages.filter(({ attributes }) => attributes['quadro.edge'] === 'unlinked');
    expect(unlinked.map(({ attributes }) => attributes['quadro.sequence_id']).sort()).toEqual(
      expected.unlinked_sequence_ids.toSorted(),
    );

    const { task_id } = expected.a_task;
    const its = stages.filter(({ attributes }) => attributes['quadro.task_id'] === task_id);
    expect(its.map(({ name, start, end }) => [name, start, end])).toEqual(
      expected.a_task.stages.map(stage => [
        `stage ${stage.status}`,
        nanosOf(stage.entered_at),
        nanosOf(stage.exited_at),
      ]),
    );

    await exportSpans(board, { ...options, batchSize: 999, protocol: 'http/json' });
    const again = new Map(receiver.spans.map(span => [span.spanId, span]));
    expect(again.size).toBe(spans.length);
    for (const span of spans) expect(again.get(span.spanId)).toEqual(span);
  });

  it('lose nothing to a receiver that is down for a while, asks for patience, or drops the connection', async () => {
    const whole = byId(await spansOf(board, receiver));
    const unavailable: Misbehaviour = { status: 503 };
    const patience: Misbehaviour = { status: 429, headers: { 'retry-after': '1' } };
    receiver.misbehaviours.push(unavailable, unavailable, unavailable, patience, 'drop', unavailable, 'drop', 'drop');
    const options = { url: receiver.url, follow: false, batchSize: 300, firstRetryMs: 5, maxRetryMs: 20 } as const;
    const summary = await exportSpans(board, options);
    // A kept connection that is found closed is replaced at once, which is no retry.
    expect(summary).toMatchObject({ spans: whole.size, rejected: 0 });
    expect(summary.retries).toBeGreaterThanOrEqual(6);
    expect(receiver.misbehaviours).toEqual([]);
    expect(byId(receiver.spans)).toEqual(whole);
    expect(receiver.spans.length).toBe(whole.size);
  });

  it('are the same after the exporter was killed half-way, twice', async context => {
    const whole = byId(await spansOf(board, receiver));
    const path = join(tempDir(), 'newsroom.db');
    const into = sqlite({ file: path });
    await importReference(requireShared('data/newsroom.db', context), { into });
    await into.close();
    await exportKilled(path, receiver, [300, 900]);
    expect(byId(receiver.spans)).toEqual(whole);
  });
});

/** The spans of one whole export, taken from the receiver. */
async function spansOf(source: Board, receiver: OtlpReceiver): Promise<readonly ReceivedSpan[]> {
  await exportSpans(source, { url: receiver.url, follow: false });
  return receiver.spans.splice(0);
}

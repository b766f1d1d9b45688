import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../board/core/records.ts';
import { type Micros, US_PER_SECOND } from '../../board/core/time.ts';
import { exportSpans } from '../../exporters/otel/index.ts';
import { historyOf } from '../support/rows.ts';
import { allSpans } from './all-spans.ts';
import { arrayLog } from './array-log.ts';
import { otlpReceiver } from './otlp-receiver.ts';
import { decodeJson, decodeProtobuf, withoutFlags } from './wire-span.ts';

/** What fits into the 64 bits of OTLP, and into the 63 of whoever reads them as signed. */
const LAST_NANOS = 2n ** 63n - 1n;

const lifeAt = (posted: Micros, taken: Micros, done: Micros): Event[] =>
  historyOf([
    { at: posted, to: 'UNASSIGNED', edge: 'post' },
    { at: taken, to: 'IN_PROGRESS', kind: 'active', agent: 'ada' },
    { at: done, to: 'COMPLETE', kind: 'terminal', finishes: true },
  ]);

/** Decoded by another implementation, the same from both encodings. */
function decoded(spans: readonly ReadableSpan[]): ReturnType<typeof decodeJson> {
  const json = decodeJson(JsonTraceSerializer.serializeRequest([...spans]) ?? '');
  const protobuf = decodeProtobuf(ProtobufTraceSerializer.serializeRequest([...spans]) ?? new Uint8Array());
  expect(protobuf).toEqual(json.map(withoutFlags));
  return json;
}

describe('times that OTLP cannot tell, as imports may hold', () => {
  const before1970 = -157_766_400 * US_PER_SECOND;
  const year9999 = 253_402_214_400 * US_PER_SECOND;

  it.each([
    ['before 1970', lifeAt(before1970, 0, 5 * US_PER_SECOND)],
    ['the year 9999', lifeAt(0, 5 * US_PER_SECOND, year9999)],
    ['both', lifeAt(before1970, before1970 + 1, year9999)],
  ])('%s: the span begins or ends where they can, in both encodings', async (_, events) => {
    const spans = decoded(await allSpans(arrayLog({ events })));
    expect(spans).toHaveLength(3);
    for (const { start, end } of spans) {
      expect([start >= 0n, end >= start, end <= LAST_NANOS]).toEqual([true, true, true]);
    }
  });

  it('are counted, and the root has no parts that could sum to what is left of it', async () => {
    const receiver = await otlpReceiver();
    const source = arrayLog({ events: lifeAt(before1970, 10 * US_PER_SECOND, 15 * US_PER_SECOND) });
    const { spans, clamped } = await exportSpans(source, { url: receiver.url, follow: false });
    await receiver.close();
    expect([spans, clamped]).toEqual([3, 2]);
    const root = receiver.spans.find(({ name }) => name === 'task article');
    expect(root).toMatchObject({ start: 0n, end: 15_000_000_000n });
    expect(Object.keys(root?.attributes ?? {}).filter(name => name.endsWith('_seconds'))).toEqual([]);
    const active = receiver.spans.find(({ name }) => name === 'stage IN_PROGRESS');
    expect(active).toMatchObject({ start: 10_000_000_000n, end: 15_000_000_000n });
  });
});

it('half a character in an import’s label is told as one that cannot be read, in both encodings', async () => {
  const [post, ...rest] = lifeAt(0, 1, 2);
  const events = post === undefined ? [] : [{ ...post, payload: { label: 'half \ud83d' } }, ...rest];
  const labels = decoded(await allSpans(arrayLog({ events }), { withLabel: true })).map(
    ({ attributes }) => attributes['quadro.label'],
  );
  expect(labels.filter(label => label !== undefined)).toEqual([{ type: 'string', value: 'half \ufffd' }]);
});

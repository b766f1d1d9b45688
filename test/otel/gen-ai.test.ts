import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import type { StageKind } from '../../board/core/statuses.ts';
import { checkedGenAi, genAiAttributes } from '../../exporters/otel/gen-ai.ts';
import { SCHEMA_URL } from '../../exporters/otel/names.ts';
import { type Happening, historyOf } from '../support/rows.ts';
import { allSpans, plain } from './all-spans.ts';
import { arrayLog } from './array-log.ts';

const S = 1_000_000;
const OPTIONS = { providerName: 'anthropic' };

/** Every kind of stage, each with an agent, in the order in which they close. */
const EVERY_KIND: Happening[] = [
  { at: 0, to: 'UNASSIGNED', edge: 'post' },
  { at: 1 * S, to: 'writing', kind: 'active', agent: 'w1' },
  { at: 2 * S, to: 'draft_ready', kind: 'wait', agent: 'w1' },
  { at: 3 * S, to: 'reviewing', kind: 'review', agent: 'r1' },
  { at: 4 * S, to: 'rewriting', kind: 'rework', agent: 'w2', edge: 'revision' },
  { at: 5 * S, to: 'ON_HOLD', kind: 'blocked', agent: 'w2', edge: 'exit' },
  { at: 6 * S, to: 'COMPLETE', kind: 'terminal', agent: 'w2', finishes: true },
  { at: 7 * S, to: 'HUMAN_REVIEW', kind: 'blocked', agent: 'w2', edge: 'exit' },
];

describe('gen_ai attributes', () => {
  it('stand on the stages in which an agent worked, and on no other', () => {
    const closing = historyOf(EVERY_KIND).slice(1);
    const found = closing.map(event => [event.from_stage_kind, genAiAttributes(event, OPTIONS)]);
    const of = (agent: string) => ({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.agent.id': agent,
      'gen_ai.agent.name': agent,
    });
    expect(found).toEqual([
      ['wait', {}],
      ['active', of('w1')],
      ['wait', {}],
      ['review', of('r1')],
      ['rework', of('w2')],
      ['blocked', {}],
      ['terminal', {}],
    ]);
  });

  it('are absent where nobody asked, nobody held the task, or the log does not say what the stage was', () => {
    const working = { from_stage_kind: 'active' as StageKind, from_agent_id: 'w1' };
    expect(genAiAttributes(working, undefined)).toEqual({});
    expect(genAiAttributes({ ...working, from_agent_id: null }, OPTIONS)).toEqual({});
    expect(genAiAttributes({ ...working, from_stage_kind: null }, OPTIONS)).toEqual({});
  });
});

/** Of an `invoke_agent` span, by the convention of the pinned schema (1.37.0, docs/gen-ai/gen-ai-agent-spans.md). */
const REQUIRED = ['gen_ai.operation.name', 'gen_ai.provider.name'];
const REQUIRED_WHERE_KNOWN = ['gen_ai.agent.id', 'gen_ai.agent.name'];

describe('the convention for invoke_agent spans', () => {
  it('is that of the pinned schema: `gen_ai.provider.name` is new in it, older ones have another name', () => {
    expect(SCHEMA_URL).toBe('https://opentelemetry.io/schemas/1.37.0');
  });

  it('requires nothing that a stage lacks, and nothing else is written', () => {
    const [, , closesActive] = historyOf(EVERY_KIND);
    const attributes = genAiAttributes(closesActive as NonNullable<typeof closesActive>, OPTIONS);
    expect(Object.keys(attributes).toSorted()).toEqual([...REQUIRED, ...REQUIRED_WHERE_KNOWN].toSorted());
  });
});

describe('spans with genAi', () => {
  it('carry the attributes beside the board’s own, and are otherwise those without', async () => {
    const log = arrayLog({ events: historyOf(EVERY_KIND) });
    const [plainSpans, withGenAi] = [await allSpans(log), await allSpans(log, { genAi: OPTIONS })];
    const added = withGenAi.map((span, index) => {
      const { attributes, ...rest } = plain(span);
      const { attributes: before, ...restBefore } = plain(plainSpans[index] as ReadableSpan);
      expect(rest).toEqual(restBefore);
      expect(attributes).toMatchObject(before as object);
      return [span.name, Object.keys(attributes as object).filter(name => name.startsWith('gen_ai.')).length];
    });
    expect(added).toEqual([
      ['stage UNASSIGNED', 0],
      ['stage writing', 4],
      ['stage draft_ready', 0],
      ['stage reviewing', 4],
      ['stage rewriting', 4],
      ['stage ON_HOLD', 0],
      ['task article', 0],
      ['stage COMPLETE', 0],
    ]);
    expect(plainSpans.flatMap(span => Object.keys(span.attributes)).filter(name => /gen_ai/.test(name))).toEqual([]);
  });

  it('are refused before the first span where the provider is no name', async () => {
    const log = arrayLog({ events: historyOf(EVERY_KIND) });
    await expect(allSpans(log, { genAi: { providerName: '' } })).rejects.toMatchObject({
      code: 'invalid_configuration',
    });
  });
});

describe('genAi.providerName', () => {
  it.each(['openai', 'aws.bedrock', 'Haus-KI', 'ein Modell', 'é', 'x'.repeat(256)])('takes %j', providerName => {
    expect(checkedGenAi({ providerName })).toEqual({ providerName });
  });

  it.each(['', ' ', ' openai', 'openai\n', 'a\u0000b', 'a\u202eb', '\ud83e', 'x'.repeat(257), 7, null, undefined])(
    'refuses %j, and says what it wants',
    providerName => {
      const call = () => checkedGenAi({ providerName: providerName as string });
      expect(call).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
      expect(call).toThrow(/genAi\.providerName/);
    },
  );

  it('is not asked for where there are no options', () => {
    expect(checkedGenAi(undefined)).toBeUndefined();
  });
});

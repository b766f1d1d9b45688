import * as registry from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, it } from 'vitest';
import * as names from '../../exporters/otel/names.ts';
import { readGoldenLogs } from './contract/golden-subjects.ts';

/** Every attribute that anything of ours may carry. */
const ATTRIBUTES: readonly string[] = [names.ATTR, names.RESOURCE, names.GEN_AI].flatMap(group => Object.values(group));
const OURS = [...new Set(ATTRIBUTES)].filter(name => name.startsWith('quadro.'));
const OTHERS = [...new Set(ATTRIBUTES)].filter(name => !name.startsWith('quadro.'));

/** Names and values that OpenTelemetry has registered. */
const REGISTERED: readonly string[] = Object.values(registry).filter(value => typeof value === 'string');

/**
 * The rules of OpenTelemetry's "Naming" and "General" pages of its semantic conventions, as far as a test can tell. A unit in
 * a name (`_ms`, `_seconds`) is our contract: a record's field, a column and an attribute are the same word.
 */
describe('attribute names', () => {
  it.each(ATTRIBUTES)('%s is lower case, in a namespace, of words joined by one underscore', name => {
    expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+$/);
  });

  it('are no namespace of another name', () => {
    const all = [...ATTRIBUTES, ...REGISTERED];
    expect(OURS.filter(name => all.some(other => other.startsWith(`${name}.`)))).toEqual([]);
    expect(OURS.filter(name => all.includes(name.slice(0, name.lastIndexOf('.'))))).toEqual([]);
  });

  it('of ours are in a namespace that OpenTelemetry has not taken, the others are of its registry', () => {
    expect(OURS.length).toBeGreaterThan(40);
    expect(REGISTERED.filter(name => name.startsWith('quadro'))).toEqual([]);
    expect(OTHERS.sort()).toEqual([
      'error.type',
      'gen_ai.agent.id',
      'gen_ai.agent.name',
      'gen_ai.operation.name',
      'gen_ai.provider.name',
      'service.name',
    ]);
    expect(OTHERS.filter(name => !REGISTERED.includes(name))).toEqual([]);
  });

  it('leave what is reserved alone', () => {
    expect(ATTRIBUTES.filter(name => /^(otel|quadro\.otel)\./.test(name))).toEqual([]);
  });

  it('are one a thing: no two constants of a group share a name', () => {
    for (const group of [names.ATTR, names.RESOURCE, names.GEN_AI, names.LINK, names.ERROR_TYPE, names.SPAN]) {
      const values = Object.values<string>(group);
      expect(new Set(values).size).toBe(values.length);
    }
  });

  it('are the record’s field after the prefix', () => {
    const fields = Object.entries({ ...names.ATTR, ...names.RESOURCE });
    const differing = fields.filter(([field, name]) => name !== `quadro.${field}` && name.replace('.', '_') !== field);
    expect(differing).toEqual([]);
  });
});

describe('values that OpenTelemetry names', () => {
  it('are its own', () => {
    expect(names.ERROR_TYPE.other).toBe(registry.ERROR_TYPE_VALUE_OTHER);
    expect(names.GEN_AI_OPERATION).toBe(registry.GEN_AI_OPERATION_NAME_VALUE_INVOKE_AGENT);
  });

  it('error types of ours are few, and lower case', () => {
    const { other, ...ours } = names.ERROR_TYPE;
    expect(Object.values(ours).every(type => /^[a-z]+(_[a-z]+)*$/.test(type))).toBe(true);
    expect([other, ...Object.values(ours)].length).toBeLessThan(10);
  });
});

describe('span names', () => {
  it('are as few as the statuses and task types: no id is in one', async () => {
    const logs = await readGoldenLogs();
    const events = logs.flatMap(log => log.events);
    const wanted = new Set<string>([names.SPAN.cycle, names.SPAN.tick]);
    for (const { task_type, to_status } of events) {
      wanted.add(`${names.SPAN.task} ${task_type}`);
      wanted.add(`${names.SPAN.stage} ${to_status}`);
    }
    const found = new Set(logs.flatMap(({ spans }) => spans.map(({ name }) => name)));
    expect([...found].filter(name => !wanted.has(name))).toEqual([]);
    const ids = new Set(
      logs.flatMap(log => [...log.events.map(({ task_id }) => task_id), ...log.cycles.map(row => row.cycle_id)]),
    );
    expect([...found].filter(name => [...ids].some(id => name.includes(id)))).toEqual([]);
  });

  it('begin with a word of ours, in lower case', () => {
    for (const name of Object.values<string>(names.SPAN)) expect(name).toMatch(/^[a-z]+( [a-z]+)*$/);
  });
});

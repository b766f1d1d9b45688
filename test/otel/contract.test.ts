import { beforeAll, describe, expect, it } from 'vitest';
import * as names from '../../exporters/otel/names.ts';
import { CYCLE_ATTRIBUTES, RESOURCE_ATTRIBUTES, TICK_ATTRIBUTES } from './contract/cause-contract.ts';
import { type GoldenLog, readGoldenLogs, type Subjects, subjectsOf } from './contract/golden-subjects.ts';
import { LINKS, linksOf, type Target } from './contract/link-contract.ts';
import {
  ATTRIBUTE_TABLE,
  LINK_TABLE,
  RULE_TABLE,
  readTable,
  SPAN_TABLE,
  STATUS_TABLE,
} from './contract/read-contract.ts';
import { RULES } from './contract/rule-contract.ts';
import { failureOf, STAGE_ATTRIBUTES } from './contract/stage-contract.ts';
import { TASK_ATTRIBUTES } from './contract/task-contract.ts';
import type { WireSpan, WireValue } from './wire-span.ts';

/** Something that carries attributes, and what each must be by the log's rows. */
interface Carrier {
  readonly attributes: Readonly<Record<string, WireValue>>;
  readonly expected: (attribute: string) => unknown;
}

const tables = {
  spans: readTable(SPAN_TABLE),
  attributes: readTable(ATTRIBUTE_TABLE),
  links: readTable(LINK_TABLE),
  statuses: readTable(STATUS_TABLE),
  rules: readTable(RULE_TABLE),
};
const SPAN_NAMES = ['task {task_type}', 'stage {status}', 'chief cycle', 'ombudsman tick'] as const;
type SpanName = (typeof SPAN_NAMES)[number];

/** The exported constants whose values rows name. */
const GROUPS = {
  ATTR: names.ATTR,
  RESOURCE: names.RESOURCE,
  GEN_AI: names.GEN_AI,
  LINK: names.LINK,
  ERROR_TYPE: names.ERROR_TYPE,
};

/** Every check there is, as `span attribute`. */
const CHECKED_ATTRIBUTES = Object.entries({
  resource: RESOURCE_ATTRIBUTES,
  'task {task_type}': TASK_ATTRIBUTES,
  'stage {status}': STAGE_ATTRIBUTES,
  'chief cycle': CYCLE_ATTRIBUTES,
  'ombudsman tick': TICK_ATTRIBUTES,
  link: { 'quadro.link': true },
}).flatMap(([span, checks]) => Object.keys(checks).map(attribute => `${span} ${attribute}`));

let logs: readonly GoldenLog[];
let subjects: Subjects;
let carriers: Readonly<Record<string, readonly Carrier[]>>;
beforeAll(async () => {
  logs = await readGoldenLogs();
  subjects = subjectsOf(logs);
  carriers = {
    resource: logs.flatMap(log =>
      log.spans.map(span => ({ attributes: span.resource, expected: name => RESOURCE_ATTRIBUTES[name]?.(log) })),
    ),
    'task {task_type}': subjects['task {task_type}'].map(subject => carrier(subject, TASK_ATTRIBUTES)),
    'stage {status}': subjects['stage {status}'].map(subject => carrier(subject, STAGE_ATTRIBUTES)),
    'chief cycle': subjects['chief cycle'].map(subject => carrier(subject, CYCLE_ATTRIBUTES)),
    'ombudsman tick': subjects['ombudsman tick'].map(subject => carrier(subject, TICK_ATTRIBUTES)),
    link: allSpans().flatMap(({ links }) =>
      links.map(({ attributes }) => ({ attributes, expected: () => attributes['quadro.link']?.value ?? 'a kind' })),
    ),
  };
});

const allSpans = (): WireSpan[] => logs.flatMap(({ spans }) => [...spans]);

function carrier<Subject extends { readonly span: WireSpan }>(
  subject: Subject,
  checks: Readonly<Record<string, (subject: Subject) => unknown>>,
): Carrier {
  return { attributes: subject.span.attributes, expected: name => checks[name]?.(subject) };
}

describe('the spans in docs/telemetry.md', () => {
  it('are those there are', () => {
    expect(tables.spans.map(({ span }) => span)).toEqual(SPAN_NAMES);
    const started = Object.values(names.SPAN).map(name => SPAN_NAMES.find(each => each.split(' {')[0] === name));
    expect(started).toEqual(SPAN_NAMES);
  });

  it.each(tables.spans.map(({ span }) => span))('%s has spans, named so', span => {
    const named = subjects[span as SpanName].map(subject => subject.span);
    expect(named.length).toBeGreaterThan(0);
    for (const { name, attributes } of named) {
      const value = attributes[span === 'stage {status}' ? 'quadro.from_status' : 'quadro.task_type']?.value;
      expect(name).toBe(span.replace(/\{.*\}/, String(value)));
    }
  });
});

describe('the attributes in docs/telemetry.md', () => {
  it('are those that have a check, each once', () => {
    expect(tables.attributes.map(({ span, attribute }) => `${span} ${attribute}`).sort()).toEqual(
      CHECKED_ATTRIBUTES.sort(),
    );
  });

  it('are all that any span, resource or link carries', () => {
    for (const [span, all] of Object.entries(carriers)) {
      const told = tables.attributes.filter(row => row.span === span).map(row => row.attribute);
      const carried = new Set(all.flatMap(({ attributes }) => Object.keys(attributes)));
      expect([span, [...carried].sort()]).toEqual([span, told.sort()]);
    }
  });

  it.each(tables.attributes)('$span: $attribute ($type, $when)', ({ span, attribute, type, when }) => {
    const all = carriers[span] ?? [];
    const present = all.filter(({ attributes }) => attribute in attributes);
    for (const { attributes, expected } of all) {
      expect(attributes[attribute]?.value ?? null).toEqual(expected(attribute) ?? null);
    }
    const types = new Set(present.map(({ attributes }) => attributes[attribute]?.type));
    // A whole number is sent as an integer, whatever its kind.
    if (type === 'double') types.delete('int');
    expect([...types].filter(each => each !== type)).toEqual([]);
    expect(present.length).toBeGreaterThan(0);
    expect([when, present.length === all.length]).toEqual([when, when === 'always']);
  });
});

describe('the links in docs/telemetry.md', () => {
  const kinds = Object.entries(LINKS).flatMap(([span, links]) => Object.keys(links).map(link => `${span} ${link}`));

  it('are those that have a check, each once', () => {
    expect(tables.links.map(({ span, link }) => `${span} ${link}`).sort()).toEqual(kinds.sort());
  });

  it('are all that any span has', () => {
    for (const [span, all] of Object.entries(subjects)) {
      const told = tables.links.filter(row => row.span === span).map(row => row.link);
      for (const { links } of all.map(({ span: its }: { readonly span: WireSpan }) => its)) {
        for (const { attributes } of links) expect(told).toContain(attributes['quadro.link']?.value);
      }
    }
  });

  it.each(tables.links)('$span: $link', ({ span, link }) => {
    const found = expectedLinks(span as SpanName, link);
    expect(found.some(({ expected }) => expected.length > 0)).toBe(true);
    expect(found.some(({ expected }) => expected.length === 0)).toBe(true);
    for (const { span: its, expected } of found) {
      expect(linksOf(its, link)).toEqual(expected.slice(0, names.MAX_LINKS));
      if (expected.length > names.MAX_LINKS) expect(its.droppedLinks).toBe(expected.length - names.MAX_LINKS);
    }
  });
});

/** Each span of a name with where its links of a kind must lead. */
function expectedLinks(
  name: SpanName,
  link: string,
): { readonly span: WireSpan; readonly expected: readonly Target[] }[] {
  const of = <Subject extends { readonly span: WireSpan }>(
    all: readonly Subject[],
    links: Readonly<Record<string, (subject: Subject) => readonly Target[]>>,
  ) => all.map(subject => ({ span: subject.span, expected: links[link]?.(subject) ?? [] }));
  if (name === 'task {task_type}') return of(subjects[name], LINKS[name]);
  if (name === 'stage {status}') return of(subjects[name], LINKS[name]);
  return name === 'chief cycle' ? of(subjects[name], LINKS[name]) : of(subjects[name], LINKS[name]);
}

describe('the statuses in docs/telemetry.md', () => {
  it('are those that have a check, each once', () => {
    const all = Object.entries(failuresOf(subjects)).flatMap(([span, failures]) => {
      const errors = new Set(failures.map(({ failure }) => failure).filter(failure => failure !== null));
      return [`${span} Unset –`, ...[...errors].map(error => `${span} Error ${error}`)];
    });
    const told = tables.statuses.map(row => `${row.span} ${row.status} ${row['error.type']}`);
    expect(told.sort()).toEqual(all.sort());
  });

  it.each(tables.statuses)('$span: $status $error.type', row => {
    const type = row.status === 'Unset' ? null : row['error.type'];
    const its = failuresOf(subjects)[row.span as SpanName].filter(({ failure }) => failure === type);
    expect(its.length).toBeGreaterThan(0);
    for (const { span, message } of its) {
      expect(span.attributes['error.type']?.value ?? null).toBe(type);
      expect(span.status).toEqual({ code: type === null ? 0 : 2, message });
    }
  });
});

/** Each span with why it failed by the log's rows, or null, and what its status says of it. */
function failuresOf(all: Subjects): Record<SpanName, { span: WireSpan; failure: string | null; message: string }[]> {
  const cause = ({ span, row }: { readonly span: WireSpan; readonly row: { readonly error: string | null } }) => {
    const cut = (row.error ?? '').slice(0, 500);
    const message = cut.isWellFormed() ? cut : cut.slice(0, -1);
    return { span, failure: row.error === null ? null : '_OTHER', message };
  };
  return {
    'task {task_type}': all['task {task_type}'].map(({ span }) => ({ span, failure: null, message: '' })),
    'stage {status}': all['stage {status}'].map(each => ({ span: each.span, failure: failureOf(each), message: '' })),
    'chief cycle': all['chief cycle'].map(cause),
    'ombudsman tick': all['ombudsman tick'].map(cause),
  };
}

describe('the rules in docs/telemetry.md', () => {
  it('are those that have a check, each once', () => {
    expect(tables.rules.map(({ rule }) => rule).sort()).toEqual(Object.keys(RULES).sort());
  });

  it.each(tables.rules)('$rule', ({ rule }) => {
    expect.hasAssertions();
    RULES[rule]?.({ logs, subjects, spans: allSpans() });
  });
});

describe('the exported names', () => {
  const told = [
    ...tables.attributes.map(({ attribute }) => attribute),
    ...tables.links.map(({ link }) => link),
    ...tables.statuses.map(row => row['error.type']),
  ];

  it.each(Object.entries(GROUPS))('%s has a row for each', (_, group) => {
    expect(Object.values<string>(group).filter(name => !told.includes(name))).toEqual([]);
  });

  it('are all there are: what a row names is exported', () => {
    const exported = Object.values(GROUPS).flatMap(group => Object.values<string>(group));
    expect(told.filter(name => name !== '–' && !exported.includes(name))).toEqual([]);
    const groups = Object.entries(names).flatMap(([name, value]) => (typeof value === 'object' ? [name] : []));
    expect(groups.sort()).toEqual([...Object.keys(GROUPS), 'SPAN'].sort());
  });
});

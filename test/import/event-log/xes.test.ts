import { describe, expect, it } from 'vitest';
import { sqlite } from '../../../board/backends/sqlite/index.ts';
import { isoOf } from '../../../board/core/time.ts';
import { type ImportLogOptions, importLog } from '../../../board/index.ts';
import { fileOf, imported, xes, xesEvent } from './files.ts';

const T = (minute: number) => `2024-01-01T10:${String(minute).padStart(2, '0')}:00.000Z`;

function trace(name: string, events: string, more = ''): string {
  return `<trace><string key="concept:name" value="${name}"/>${more}\n${events}</trace>`;
}

async function refusal(document: string | Buffer, options: Partial<ImportLogOptions> = {}): Promise<string> {
  return importLog(fileOf('log.xes', document), { into: sqlite({ file: ':memory:' }), ...options }).then(
    () => 'imported',
    error => `${error.code}: ${error.message.replaceAll(/\/\S*\//g, '')}`,
  );
}

describe('an XES document', () => {
  it('takes name, time and resource by their keys, the rest as attributes, plain or packed', async () => {
    const head = `<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
      <global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
      <global scope="event"><string key="org:resource" value="UNKNOWN"/></global>
      <string key="source" value="a log"/>`;
    const who = '<string key="org:resource" value="ann"/><string key="lifecycle:transition" value="complete"/>';
    const document = xes(
      trace('c1', xesEvent('a', T(1), who) + xesEvent('b &amp; &#x2713;', T(2)), '<int key="amount" value="7"/>') +
        trace('c2', xesEvent('a', T(0))),
      head,
    );
    for (const name of ['log.xes', 'log.xes.gz']) {
      const { summary, events } = await imported(fileOf(name, document));
      expect(summary).toMatchObject({ format: 'xes', rows: 3, events: 3, tasks: 2, agents: 1, rejected: 0 });
      expect(
        events.map(each => [each.sequence_id, each.task_id, each.from_status, each.to_status, each.agent_id]),
      ).toEqual([
        [1, 'c2', null, 'a', null],
        [2, 'c1', null, 'a', 'ann'],
        [3, 'c1', 'a', 'b & ✓', null],
      ]);
      const post = { task_type: 'case', label: '', priority: 5 };
      expect(events.map(each => each.payload)).toEqual([
        post,
        { ...post, attributes: { 'lifecycle:transition': 'complete' }, case_attributes: { amount: 7 } },
        {},
      ]);
    }
  });

  it('keeps offsets: the instant exact, the text beside it', async () => {
    const { events } = await imported(
      fileOf(
        'log.xes',
        xes(trace('c', xesEvent('a', '2012-05-01T12:00:00.123456+02:00') + xesEvent('b', '2012-05-01T10:00:01'))),
      ),
      { timeZone: 'Europe/Lisbon' },
    );
    expect(events.map(each => [each.to_status, isoOf(each.timestamp), each.payload.original_timestamp])).toEqual([
      ['b', '2012-05-01T09:00:01.000000+00:00', '2012-05-01T10:00:01'],
      ['a', '2012-05-01T10:00:00.123456+00:00', '2012-05-01T12:00:00.123456+02:00'],
    ]);
  });

  it('reads every type, and what is nested', async () => {
    const more = `<int key="i" value="-3"/><int key="big" value="90071992547409931"/><float key="f" value="1.5e3"/>
      <float key="nan" value="NaN"/><boolean key="yes" value="true"/><boolean key="no" value="false"/><boolean key="odd" value="perhaps"/>
      <date key="due" value="2012-05-01T12:00:00+02:00"/><id key="id" value="5d0"/><string key="none"/>
      <string key="deep" value="v"><string key="in" value="w"><int key="more" value="1"/></string></string>
      <list key="list"><values><string key="x" value="1"/><string key="x" value="2"/></values></list>
      <container key="box"><string key="lid" value="on"/><container key="inner"/></container>`;
    const { events } = await imported(fileOf('log.xes', xes(trace('c', xesEvent('a', T(1), more)))));
    expect(events[0]?.payload.attributes).toEqual({
      i: -3,
      big: '90071992547409931',
      f: 1500,
      nan: 'NaN',
      yes: true,
      no: false,
      odd: 'perhaps',
      due: '2012-05-01T12:00:00+02:00',
      id: '5d0',
      deep: { value: 'v', attributes: { in: { value: 'w', attributes: { more: 1 } } } },
      list: [{ x: '1' }, { x: '2' }],
      box: { lid: 'on', inner: {} },
    });
  });

  it('makes the status by a classifier, or by any keys', async () => {
    const head = `<classifier name="Activity" keys="concept:name 'the step'"/><classifier name="Who" keys="org:resource"/>`;
    const event = xesEvent('a', T(1), '<string key="the step" value="s"/><string key="org:resource" value="ann"/>');
    const file = () => fileOf('log.xes', xes(trace('c', event), head));
    const statusBy = async (options: Partial<ImportLogOptions>) =>
      (await imported(file(), options)).events[0]?.to_status;
    expect(await statusBy({})).toBe('a');
    expect(await statusBy({ classifier: 'Activity' })).toBe('a/s');
    expect(await statusBy({ classifier: 'Who' })).toBe('ann');
    expect(await statusBy({ map: { status: 'the step+concept:name' } })).toBe('s/a');
    expect(await refusal(xes(trace('c', event), head), { classifier: 'Any' })).toBe(
      'invalid_configuration: classifier: log.xes has no classifier Any; it has Activity, Who',
    );
    expect(await refusal(xes(trace('c', event)), { classifier: 'Any' })).toMatch(/has no classifier Any; it has none$/);
  });

  it('reads fields from the trace, and from values that have attributes of their own', async () => {
    const more =
      '<string key="kind" value="claim"><string key="unit" value="u"/></string><int key="urgency" value="2"/>';
    const map = { task_type: 'case:kind', priority: 'case:urgency', label: 'concept:name' };
    const { board, events } = await imported(fileOf('log.xes', xes(trace('c', xesEvent('a', T(1)), more))), { map });
    expect((await board.getTask('c')).task).toMatchObject({ task_type: 'claim', priority: 2, label: 'a' });
    expect(events[0]?.payload).toEqual({ task_type: 'claim', priority: 2, label: 'a' });
  });

  it('is tolerant of what the standard allows: prefixes, traces without a name, single quotes, comments, CDATA, no attributes', async () => {
    const document = `<?xml version='1.0' encoding='iso-8859-1'?><!DOCTYPE x:log><!-- a log -->
      <x:log xmlns:x='http://www.xes-standard.org/'><x:trace/><x:trace>
      <x:event><x:string value='Prüfung' key='concept:name'/><![CDATA[ <event/> ]]><x:date key='time:timestamp' value='${T(1)}'></x:date></x:event>
      </x:trace></x:log>`;
    const { events } = await imported(fileOf('log.xes', Buffer.from(document, 'latin1')));
    expect(events).toMatchObject([{ task_id: 'trace 2', to_status: 'Prüfung' }]);
    const wide = await imported(fileOf('log.xes', Buffer.from(document.replace('iso-8859-1', 'utf-16'), 'utf16le')));
    expect(wide.events).toMatchObject([{ task_id: 'trace 2', to_status: 'Prüfung' }]);
  });

  it('leaves out faulty events, with their line and reason, and keeps a trace’s attributes on the next', async () => {
    const events = [
      xesEvent('a', 'soon'),
      '<event><date key="time:timestamp" value="2024-01-01"/></event>',
      xesEvent('b', T(1)),
      xesEvent('c', T(2), '<list key="concept:name"><values/></list>'),
      `<string key="late" value="x"/>`,
    ];
    const document = xes(
      `${trace('c1', events.join('\n'), '<string key="kept" value="k"/>')}\n${xesEvent('loose', T(3))}`,
    );
    const { summary, events: taken } = await imported(fileOf('log.xes', document));
    expect(summary.rejects).toEqual([
      { line: 5, reason: 'time:timestamp: "soon" is no ISO 8601 time' },
      { line: 6, reason: 'concept:name: it is empty' },
      { line: 8, reason: 'concept:name: it is no text' },
      { line: 9, reason: 'the attribute late of a trace stands after its events' },
      { line: 10, reason: 'it stands in no trace' },
    ]);
    expect(taken).toMatchObject([{ to_status: 'b', payload: { case_attributes: { kept: 'k' } } }]);
  });

  it('has events on one line, thousands of them, in pieces that break anywhere', async () => {
    const events = Array.from({ length: 5_000 }, (_, index) => xesEvent(`é${index % 7}`, T(index % 60))).join('');
    const { summary } = await imported(fileOf('log.xes.gz', xes(trace('c', events))));
    expect(summary).toMatchObject({ events: 5_000, statuses: 7, rejected: 0 });
  });
});

describe('a document that means harm, or is none', () => {
  const ONE = trace('c', xesEvent('a', T(1)));

  it('expands no entity of its own', async () => {
    const laughs = Array.from(
      { length: 9 },
      (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`,
    ).join('');
    const doctype = (more: string) => `<!DOCTYPE log [<!ENTITY l0 "lol">${more}]>`;
    const document = (head: string, value: string) =>
      xes(trace('c', xesEvent(value, T(1)))).replace('<log', `${head}<log`);
    expect(await refusal(document(doctype(laughs), '&l9;'))).toMatch(
      /^invalid_source: log.xes, line 5: it is no XES document: Invalid character entity$/,
    );
    const outside = '<!DOCTYPE log [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
    expect(await refusal(document(outside, '&x;'))).toMatch(/Invalid character entity$/);
    // That they are declared is no harm where nobody uses them.
    expect((await imported(fileOf('log.xes', document(doctype(laughs), 'a')))).events).toHaveLength(1);
  });

  it.each([
    ['another root', '<html><body/></html>', /line 1: it is no XES document: its root is html, not log$/],
    ['no XML at all', 'case,step,at\n1,x,2', /line 1: it is no XES document: Non-whitespace before first tag\.$/],
    [
      'a broken tag',
      xes(ONE).replace('</trace>', '</tracé>'),
      /line 5: it is no XES document: Unexpected close(ing)? tag$/i,
    ],
    ['an end that is missing', xes(ONE).replace('</log>', ''), /it is no XES document: Unclosed root tag$/],
    ['nothing', '', /log.xes holds no rows: there is nothing to import$/],
    ['no events', xes('<trace/>'), /log.xes holds no rows: there is nothing to import$/],
    [
      'elements in elements',
      xes(trace('c', `<event>${'<container key="k">'.repeat(200)}`)),
      /it nests deeper than 100 elements$/,
    ],
    [
      'a value without an end',
      xes(trace('c', `<event><string key="k" value="${'x'.repeat(2_200_000)}`)),
      /no element ends within 2097152 characters$/,
    ],
    ['a control character', xes(trace('c', xesEvent('a&#0;b', T(1)))), /Invalid character entity$/],
  ])('is refused for %s', async (_, document, why) => {
    expect(await refusal(document)).toMatch(why);
  });

  it('keeps an event that is too large out of memory and board', async () => {
    const many = Array.from(
      { length: 40_000 },
      (_, index) => `<string key="k${index}" value="${'x'.repeat(60)}"/>`,
    ).join('');
    const long = `<string key="k" value="${'x'.repeat(1_200_000)}"/>`;
    const events = [xesEvent('a', T(1), many), xesEvent('b', T(2), long), xesEvent('c', T(3))];
    const { summary, events: taken } = await imported(fileOf('log.xes', xes(trace('c', events.join('\n')))));
    expect(summary.rejects).toEqual([
      { line: 5, reason: 'it is larger than 2097152 characters' },
      { line: 6, reason: 'it is larger than 1048576 bytes' },
    ]);
    expect(taken.map(each => each.to_status)).toEqual(['c']);
  });

  it('takes no key that could pass for a part of the program', async () => {
    const events = [
      xesEvent('a', T(1), '<string key="__proto__" value="p"/>'),
      xesEvent('constructor', T(2)),
      xesEvent('toString', T(3)),
    ];
    const { summary, board } = await imported(fileOf('log.xes', xes(trace('constructor', events.join('\n')))));
    expect(summary.rejects).toEqual([
      { line: 5, reason: 'the row.payload.attributes has the key __proto__, which is not accepted' },
    ]);
    const { task } = await board.getTask('constructor');
    expect(task).toMatchObject({ status: 'toString', visit: 1, visits: { constructor: 1, toString: 1 } });
  });
});

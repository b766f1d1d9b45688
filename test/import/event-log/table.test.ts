import { describe, expect, it } from 'vitest';
import { sqlite } from '../../../board/backends/sqlite/index.ts';
import { importLog } from '../../../board/index.ts';
import { fileOf, imported } from './files.ts';

const T = (minute: number) => `2024-01-01T10:${String(minute).padStart(2, '0')}:00Z`;
const MAP = { task_id: 'case', status: 'step', timestamp: 'at' };

async function refusal(
  content: string | Buffer,
  options: Partial<Parameters<typeof importLog>[1]> = {},
  name = 'log.csv',
): Promise<string> {
  const into = sqlite({ file: ':memory:' });
  return importLog(fileOf(name, content), { into, map: MAP, ...options }).then(
    () => 'imported',
    error => `${error.code}: ${error.message.replaceAll(/\/\S*\//g, '')}`,
  );
}

describe('a table of text', () => {
  it.each([
    ['commas', ','],
    ['semicolons', ';'],
    ['tabs', '\t'],
    ['bars', '|'],
  ])('finds %s by the header', async (_, delimiter) => {
    const rows = [
      ['case', 'step', 'at', 'who', 'a,b;c'],
      ['1', 'x', T(1), 'ann', 'text'],
      ['1', 'y', T(2), '', 'more'],
    ];
    const text = rows.map(row => row.map(field => (field.includes(delimiter) ? `"${field}"` : field)).join(delimiter));
    const { events } = await imported(fileOf('log.csv', text.join('\n')), { map: { ...MAP, agent_id: 'who' } });
    expect(events.map(each => [each.to_status, each.agent_id, each.payload.attributes])).toEqual([
      ['x', 'ann', { 'a,b;c': 'text' }],
      ['y', null, { 'a,b;c': 'more' }],
    ]);
  });

  it('takes another delimiter, of several characters', async () => {
    const { events } = await imported(fileOf('log.csv', `case~~step~~at\n1~~x~~${T(1)}\n`), {
      map: MAP,
      delimiter: '~~',
    });
    expect(events).toHaveLength(1);
  });

  it('reads quotes, delimiters and ends of lines in them, empty lines and any ends of lines', async () => {
    const lines = [
      'case,step,at,"a ""note"""',
      `1,"say ""a, b""",${T(1)},"two`,
      'lines"',
      '',
      `1,5" pipe,${T(2)},`,
      `2,"",${T(3)},x`,
    ];
    for (const end of ['\n', '\r\n', '\r']) {
      const file = fileOf('log.csv', lines.join(end));
      const { events, summary } = await imported(file, { map: MAP });
      expect(events.map(each => [each.to_status, each.payload.attributes])).toEqual([
        ['say "a, b"', { 'a "note"': `two${end}lines` }],
        ['5" pipe', undefined],
      ]);
      expect(summary.rejects).toEqual([{ line: 6, reason: 'step: it is empty' }]);
    }
  });

  it('reads names in any script, packed or not, and passes over a byte order mark', async () => {
    const text = `Fall,Schritt ✓,Zeit\nß1,Prüfung → 承認,${T(1)}\n`;
    const map = { task_id: 'Fall', status: 'Schritt ✓', timestamp: 'Zeit' };
    for (const name of ['log.csv', 'log.csv.gz', 'log.tsv']) {
      const { events } = await imported(fileOf(name, `\uFEFF${text}`), { map });
      expect(events).toMatchObject([{ task_id: 'ß1', to_status: 'Prüfung → 承認' }]);
    }
  });

  it('reads other encodings, where they are named or marked', async () => {
    const text = `case,step,at\n1,Prüfung,${T(1)}\n`;
    const latin = await imported(fileOf('log.csv', Buffer.from(text, 'latin1')), {
      map: MAP,
      encoding: 'windows-1252',
    });
    const wide = await imported(fileOf('log.csv', Buffer.from(`\uFEFF${text}`, 'utf16le')), { map: MAP });
    for (const { events } of [latin, wide]) expect(events[0]?.to_status).toBe('Prüfung');
    expect(await refusal(Buffer.from(text, 'latin1'))).toBe(
      'invalid_source: log.csv is not in utf-8: name its encoding, such as windows-1252',
    );
    expect(await refusal(text, { encoding: 'klingon' })).toMatch(
      /^invalid_configuration: encoding: there is no encoding klingon/,
    );
  });

  it('tells columns of one name apart, and refuses to choose among them', async () => {
    const text = `case,step,at,note,note,\n1,x,${T(1)},a,b,c\n`;
    const { events } = await imported(fileOf('log.csv', text), { map: MAP });
    expect(events[0]?.payload.attributes).toEqual({ note: 'a', 'note (2)': 'b' });
    expect(await refusal(text, { map: { ...MAP, label: 'note' } })).toBe(
      'invalid_source: log.csv has the column note (label) 2 times: rename all but one',
    );
  });

  it('says what it cannot read, and where', async () => {
    expect(await refusal('')).toBe('invalid_source: log.csv has no header: its first row must name the columns');
    expect(await refusal('case,step,at\n')).toBe('invalid_source: log.csv holds no rows: there is nothing to import');
    expect(await refusal('case;stepp;at\n')).toBe(
      'invalid_source: log.csv has no column step (status); did you mean "stepp"?; it has case, stepp, at',
    );
    expect(await refusal('case,step,at\n1,x,soon\n')).toBe(
      'invalid_source: log.csv holds no row that can be imported: of line 2, at: "soon" is no ISO 8601 time',
    );
    expect(await refusal(`case,step,at\n1,x,${T(1)}\n2,"${'x'.repeat(2_200_000)}`)).toMatch(
      /^invalid_source: log.csv, line 3: the row that begins there does not end within 2097152 characters/,
    );
    expect(await refusal('x', {}, 'log.txt')).toBe(
      'invalid_source: log.txt ends in none of .csv, .tsv, .xes (and .gz): name its format',
    );
    expect(await refusal(Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]))).toMatch(
      /^invalid_source: log.csv cannot be unpacked: /,
    );
    const missing = importLog('/nowhere/log.csv', { into: sqlite({ file: ':memory:' }) });
    await expect(missing).rejects.toMatchObject({
      code: 'invalid_source',
      message: 'There is no file /nowhere/log.csv: check the path',
    });
  });

  it('keeps what stands in a row that never ends, the last of the file', async () => {
    const { summary, events } = await imported(
      fileOf('log.csv', `case,step,at\n1,x,${T(1)}\n2,"y,${T(2)}\n3,z,${T(3)}\n`),
      { map: MAP },
    );
    expect(events).toHaveLength(1);
    expect(summary.rejects).toEqual([{ line: 3, reason: 'a quote is opened and never closed' }]);
  });
});

describe('the map', () => {
  const file = () => fileOf('log.csv', `case,step,sub,at,a+b,prio\n1,x,p,${T(1)},t,3\n1,x,,${T(2)},u,3\n`);

  it('joins the columns of a status by a slash, those that are not blank', async () => {
    const map = { task_id: 'case', timestamp: 'at' };
    const both = await imported(file(), { map: { ...map, status: 'step+sub' } });
    const list = await imported(file(), { map: { ...map, status: ['step', 'sub'] } });
    for (const { events, summary } of [both, list]) {
      expect(events.map(each => each.to_status)).toEqual(['x/p', 'x']);
      expect(summary.map.status).toEqual(['step', 'sub']);
    }
    const named = await imported(file(), { map: { ...map, status: 'a+b' } });
    expect(
      named.events.map(each => each.to_status),
      'a column of that very name',
    ).toEqual(['t', 'u']);
  });

  it('takes the columns of the fields’ own names, and those of a table that pm4py wrote', async () => {
    const own = await imported(fileOf('log.csv', `task_id,status,timestamp,agent_id,label\n1,x,${T(1)},ann,Bees\n`));
    expect(own.events).toMatchObject([{ task_id: '1', to_status: 'x', agent_id: 'ann', payload: { label: 'Bees' } }]);
    const mined = await imported(
      fileOf('log.csv', `case:concept:name,concept:name,time:timestamp,org:resource,case:kind\n1,x,${T(1)},ann,k\n`),
    );
    expect(mined.events).toMatchObject([
      { task_id: '1', to_status: 'x', agent_id: 'ann', payload: { attributes: { 'case:kind': 'k' } } },
    ]);
  });

  it('chooses attributes: all that no field takes, some, or none', async () => {
    const map = { ...MAP, priority: 'prio', seq: 'prio' };
    const attributes = async (more: object) =>
      (await imported(file(), { map: { ...map, ...more } })).events[0]?.payload.attributes;
    expect(await attributes({})).toEqual({ sub: 'p', 'a+b': 't', prio: '3' });
    expect(await attributes({ attributes: 'sub+prio' })).toEqual({ sub: 'p', prio: '3' });
    expect(await attributes({ attributes: ['a+b'] })).toEqual({ 'a+b': 't' });
    expect(await attributes({ attributes: '' })).toBeUndefined();
  });

  it.each([
    [
      { ...MAP, taskid: 'case' },
      /map: there is no field taskid; did you mean "task_id"\?; the fields are task_id, status/,
    ],
    [{ ...MAP, timestamp: ['at', 'step'] }, /map: timestamp is read from one column, not from at and step/],
    [
      { task_id: 'case', timestamp: 'at' },
      /Name the column of status in the map, such as status=COLUMN; .* has the columns case, step/,
    ],
  ])('%j cannot be', async (map, why) => {
    expect(await refusal(`case,step,at\n1,x,${T(1)}\n`, { map })).toMatch(why);
  });

  it.each([
    [
      { classifier: 'any' },
      'classifier is of xes, not of csv; status is read by the map or by a classifier, not by both',
    ],
    [{ boardId: '' }, 'boardId must be a text of 1 to 200 bytes, without NUL'],
    [
      { kinds: { x: 'busy' as 'wait' } },
      'kinds: x must be one of wait, active, review, rework, blocked, terminal, not busy',
    ],
    [{ kinds: { xx: 'active' as const } }, 'kinds: no row has the status xx; did you mean "x"?'],
    [{ delimiter: '"' }, 'delimiter must be one to eight characters, without quotes and ends of lines'],
  ])('options %j cannot be', async (options, why) => {
    expect(await refusal(`case,step,at\n1,x,${T(1)}\n`, options)).toBe(`invalid_configuration: ${why}`);
  });
});

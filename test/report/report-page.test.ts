import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { beforeAll, describe, expect, it } from 'vitest';
import { REPORT_NAMES } from '../../analysis/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { openBoard } from '../../board/index.ts';
import { escaped } from '../../dashboards/report/html.ts';
import { readNotes } from '../../dashboards/report/report-data.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { openSmallLog } from '../analysis/small-log.ts';
import { requireShared } from '../support/shared.ts';
import { tempDir } from '../support/temp.ts';
import { HOSTILE, openHostileBoard } from './hostile-board.ts';
import { importedPage, pageOf, simulatedPage } from './pages.ts';

type Document = ReturnType<typeof parseHTML>['document'];
type Element = NonNullable<ReturnType<Document['querySelector']>>;

const documentOf = (page: string): Document => parseHTML(page).document;
const all = (document: Document, selector: string): Element[] => [...document.querySelectorAll(selector)];
/** What a figure says, with plain spaces. */
const saysOf = (document: Document, name: string): string =>
  (document.querySelector(`#${name}-says`)?.textContent ?? '').replaceAll('\u00a0', ' ');

/** A browser would load, run or send these. */
const REACHING_OUT = /<script|<link|<iframe|<object|<embed|<form|<img|<base|\ssrc=|\son[a-z]+=|@import|url\(|style=/i;

function expectWhole(page: string): void {
  const document = documentOf(page);
  const css = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? '';
  const digest = createHash('sha256').update(css).digest('base64');
  expect(page).toContain(`default-src 'none'; style-src 'sha256-${digest}';`.replaceAll("'", '&#39;'));
  // Labels and SQL are text: what they say does nothing.
  const tags = page.match(/<[^>]*>/g)?.join('\n') ?? '';
  expect(tags).not.toMatch(REACHING_OUT);
  expect(css).not.toMatch(REACHING_OUT);
  const ids = all(document, '[id]').map(each => each.getAttribute('id') ?? '');
  expect(ids.length).toBe(new Set(ids).size);
  const known = new Set(ids);
  for (const each of all(document, '[aria-labelledby]')) {
    for (const id of each.getAttribute('aria-labelledby')?.split(' ') ?? []) expect(known, id).toContain(id);
  }
  for (const each of all(document, 'a[href]')) expect(known).toContain(each.getAttribute('href')?.slice(1));
}

describe('the page of a small log', () => {
  let document: Document;
  let page: string;

  beforeAll(async () => {
    const board = await openSmallLog();
    ({ page } = await pageOf(board, { title: 'Four tasks' }));
    await board.close();
    document = documentOf(page);
  });

  it('needs nothing besides itself, and every reference of it leads somewhere', () => {
    expectWhole(page);
  });

  it('has every analysis, with its question, its formula and its SQL', async () => {
    const notes = await readNotes();
    for (const name of REPORT_NAMES) {
      expect(document.querySelector(`#${name}`), name).not.toBeNull();
      const { question = '', formula = '', sql = '' } = notes.get(name) ?? {};
      expect(
        [question, formula, sql].every(text => text.length > 10),
        name,
      ).toBe(true);
      for (const text of [question, formula, sql]) expect(page, name).toContain(escaped(text));
    }
  });

  it('has under every chart a table of the figures it shows', () => {
    const charts = all(document, 'article:has(.chart)');
    expect(charts.length).toBeGreaterThan(8);
    for (const article of charts) {
      expect(article.querySelectorAll('tbody tr').length, article.id).toBeGreaterThan(0);
      expect(article.querySelector('table th[scope=col]'), article.id).not.toBeNull();
      expect(article.querySelector('tbody th[scope=row]'), article.id).not.toBeNull();
    }
  });

  // The figures are those worked out beside the log: elapsed 70, 80 and 70 s, of which 40, 24 and 65 active, 16 lost, 75 waiting.
  it('says where the time went', () => {
    expect(saysOf(document, 'time_split')).toBe(
      'Of 3 min 40 s that 3 finished tasks took together, 59 % was work, 34 % waiting and 7.3 % lost to workers that had gone silent. In the median task 57 % was work.',
    );
    expect(saysOf(document, 'elapsed')).toBe(
      'Half of the finished tasks took at most 1 min 10 s, 95 % at most 1 min 19 s, the slowest 1 min 20 s. The slowest type is article: 1 min 15 s. ' +
        '1 task had not finished and is in none of these figures.',
    );
  });

  it('says what came back, and what the Chief did', () => {
    // it's was reviewed twice and sent back once, t2 passed at first; rework lasts from 45 to 62.
    expect(saysOf(document, 'revisions_by_type')).toBe(
      '33 % of 3 review decisions sent the work back; 50 % of the 2 tasks decided on passed without. Rework took 17 s, 7.7 % of the time of finished tasks.',
    );
    // t2 was in IN_PROGRESS for 20, 10 and 10 s.
    expect(saysOf(document, 'flight_lanes')).toBe(
      'The slowest task, “"t2", a task” (t2), took 1 min 20 s, 40 s of it in IN_PROGRESS. The most revised, “"it\'s", a task” (it\'s), was sent back once.',
    );
    // Of five sleeps, of 2, 0.5, 4, 0.5 and 8 s, and four reactive cycles, one failed and one acted.
    expect(saysOf(document, 'sleep_study')).toContain(
      'Chief “chief” woke 6 times. Half of its 5 sleeps lasted at most 2 s, 95 % at most 7.2 s, the longest 8 s; it was asleep 71 % of the time.',
    );
    expect(saysOf(document, 'noop_rate')).toMatch(
      /^2 of 4 reactive cycles \(woken by a worker or a change on the board\) found nothing to do: 50 %, 1\.5 s of the Chief’s time\./,
    );
  });

  it('draws the steps of the process, and says that it leaves none out', () => {
    const map = document.querySelector('#directly_follows .chart');
    const names = [...(map?.querySelectorAll('text') ?? [])].map(({ textContent }) => textContent);
    for (const status of [
      'UNASSIGNED',
      'IN_PROGRESS',
      'PENDING_REVIEW',
      'REVISION_NEEDED',
      'APPROVED',
      'COMPLETE',
      'STALE',
      'HUMAN_REVIEW',
    ]) {
      expect(names).toContain(status);
    }
    expect(saysOf(document, 'directly_follows')).toContain('Every step is drawn');
  });

  it('lists what stands out, and leads to what shows it', async () => {
    const board = await openSmallLog();
    const findings = [
      { severity: 'fault', sentence: 'The Chief <slept>.', analysis: 'sleep_study' },
      { severity: 'notice', sentence: 'Work waited.', analysis: 'bottleneck' },
    ] as const;
    const found = documentOf((await pageOf(board, { findings: () => findings })).page);
    await board.close();
    expect(
      all(found, '#findings li').map(each => [each.className, each.querySelector('a')?.getAttribute('href')]),
    ).toEqual([
      ['fault', '#sleep_study'],
      ['notice', '#bottleneck'],
    ]);
    expect(found.querySelector('#findings li')?.textContent).toContain('FaultThe Chief <slept>.');
    expect(documentOf(page).querySelector('#findings')?.textContent).toContain(
      'Nothing that the analyses would call a fault',
    );
  });
});

describe('the page of another log', () => {
  it('is the same, byte for byte, when it is made again', async () => {
    const board = await openSmallLog();
    const [first, second] = [await pageOf(board), await pageOf(board)];
    await board.close();
    expect(first.page).toBe(second.page);
  });

  it('of events alone gives a reason for what they cannot tell', async () => {
    const folder = tempDir();
    const board = await openSmallLog();
    await exportLog(board, { to: folder });
    await board.close();
    const { page, report } = await pageOf(join(folder, 'events.parquet'));
    expectWhole(page);
    const absent = REPORT_NAMES.filter(name => !report[name].available);
    expect(absent).toContain('sleep_study');
    for (const name of absent) {
      const result = report[name];
      const article = documentOf(page).querySelector(`article:has(#${name}), article#${name}`);
      if (!result.available && article?.id === name) expect(article.textContent).toContain(result.reason);
    }
  });

  it('that is empty says so', async () => {
    const board = await openBoard({ backend: sqlite({ file: ':memory:' }) });
    const { page } = await pageOf(board);
    await board.close();
    expectWhole(page);
    const document = documentOf(page);
    expect(document.querySelector('header')?.textContent).toContain('an empty log');
    expect(document.querySelector('#overview')?.textContent).toContain('No task has finished yet.');
    const words = all(document, 'header, #overview, h3, figcaption, .absent, text')
      .map(each => each.textContent)
      .join('\n');
    expect(words).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  it('whose every name is hostile shows the names and does nothing', async () => {
    const board = await openHostileBoard();
    const { page } = await pageOf(board, {
      title: HOSTILE,
      findings: () => [{ severity: 'fault', sentence: HOSTILE, analysis: 'elapsed' }],
    });
    await board.close();
    expectWhole(page);
    const document = documentOf(page);
    expect(document.querySelector('h1')?.textContent).toBe(HOSTILE.replace('\u202e', '\ufffd'));
    expect(all(document, 'img, script, b')).toEqual([]);
  });

  it('imported from the reference implementation is whole', async context => {
    const { page } = await importedPage(requireShared('data/newsroom.db', context));
    expectWhole(page);
    expect(documentOf(page).querySelectorAll('.chart svg').length).toBeGreaterThan(15);
  });

  it('does not grow with the log', async () => {
    const [small, large] = [await simulatedPage(5_000), await simulatedPage(40_000)];
    expectWhole(large.page);
    expect(large.page.length / small.page.length).toBeLessThan(1.25);
    expect(Buffer.byteLength(large.page)).toBeLessThan(2 * 1024 * 1024);
  });
});

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { spansCommand } from '../../cli/commands/spans.ts';
import { contextReader } from '../../exporters/otel/context.ts';
import type { ExportOptions, FollowOptions, TraceOptions } from '../../exporters/otel/index.ts';
import { ATTR, GEN_AI, RESOURCE } from '../../exporters/otel/names.ts';
import { otlpConfig } from '../../exporters/otel/otlp-config.ts';
import { arrayLog } from './array-log.ts';
import { blocksOf, brokenLinksOf, inlineCodeOf, quadroCommandsOf, readPage, telemetryPages } from './doc-pages.ts';
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = telemetryPages();
const [MAIN] = PAGES as [(typeof PAGES)[number]];
const run = promisify(execFile);
const BACKENDS = ['jaeger', 'tempo', 'honeycomb', 'datadog'];

/** `quadro spans`, without what it does. */
const command = () =>
  spansCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action(() => undefined);

const longOptions = (text: string): string[] => [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([name]) => name);

describe('the pages on traces', () => {
  it('are linked from the contract and the README, and every link leads somewhere', () => {
    expect(PAGES.map(({ path }) => path)).toEqual(
      expect.arrayContaining(BACKENDS.map(name => `docs/telemetry/${name}.md`)),
    );
    for (const { path } of PAGES.slice(1)) expect(MAIN.text).toContain(`(${path.replace('docs/', '')}`);
    const readme = readPage('README.md');
    for (const name of BACKENDS) expect(readme.text).toContain(`(docs/telemetry/${name}.md)`);
    expect([...PAGES, readme].flatMap(brokenLinksOf)).toEqual([]);
  });

  it.each(BACKENDS)('%s: endpoint, ages, a task, three queries, verification and sources', name => {
    const page = readPage(`docs/telemetry/${name}.md`);
    const headings = [...page.text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
    const wanted = ['Sending', /^Ages/, 'What a task looks like', 'Three queries', 'Verifying', 'Sources'];
    expect(headings).toEqual(
      wanted.map(heading => (typeof heading === 'string' ? heading : expect.stringMatching(heading))),
    );
    const [, queries = ''] = /## Three queries\n([\s\S]*?)\n## /.exec(page.text) ?? [];
    expect(queries.match(/quadro\.task_id/g)?.length).toBeGreaterThanOrEqual(2);
    const [, sources = ''] = /## Sources\n([\s\S]*)$/.exec(page.text) ?? [];
    expect(sources.match(/https:\/\//g)?.length).toBeGreaterThanOrEqual(3);
  });

  it('name every attribute of the contract, and no other', () => {
    const known: string[] = [...Object.values(ATTR), ...Object.values(GEN_AI), ...Object.values(RESOURCE)];
    const named = PAGES.flatMap(({ text }) => text.match(/\b(?:quadro|gen_ai)\.[a-z]+(?:[._][a-z]+)*/g) ?? []);
    expect([...new Set(named)].filter(name => !known.includes(name))).toEqual([]);
    expect(known.filter(name => !MAIN.text.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the options in the pages on traces', () => {
  const help = command().helpInformation();

  it('are those of `quadro spans --help`, all of them', () => {
    const given = new Set(longOptions(help));
    const said = PAGES.flatMap(page => inlineCodeOf(page)).flatMap(longOptions);
    expect([...new Set(said)].filter(name => !given.has(name))).toEqual([]);
    const common = ['--help', '--json', '--board'];
    expect(
      [...given].filter(name => !common.includes(name) && !inlineCodeOf(MAIN).some(code => code.includes(name))),
    ).toEqual([]);
  });

  it('are understood as the pages write them', () => {
    const commands = PAGES.flatMap(page => quadroCommandsOf(page).map(words => ({ path: page.path, words })));
    expect(commands.length).toBeGreaterThan(12);
    for (const { path, words } of commands) {
      const [name, ...args] = words;
      expect(name, path).toBe('spans');
      expect(() => command().parse(args, { from: 'user' }), `${path}: quadro ${words.join(' ')}`).not.toThrow();
    }
  });

  it('are, in the library, all options there are', () => {
    const cells = [...MAIN.text.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(
      ([, cell = '']) => cell.match(/\w+/g) ?? [],
    );
    expect(Object.keys(LIBRARY_OPTIONS).filter(name => !cells.includes(name))).toEqual([]);
  });
});

type LibraryOption = keyof ExportOptions | keyof TraceOptions | keyof FollowOptions;

/** Every option, by the types: a new one is missed here, and then on the page. */
const LIBRARY_OPTIONS: Record<Exclude<LibraryOption, 'end'>, true> = {
  batchSize: true,
  closeDeadlineMs: true,
  compression: true,
  cursorStore: true,
  deadLetterFile: true,
  destination: true,
  drain: true,
  exporter: true,
  file: true,
  firstRetryMs: true,
  follow: true,
  from: true,
  genAi: true,
  giveUpAfterMs: true,
  headers: true,
  leaseSeconds: true,
  maxRetryMs: true,
  maxSpanAgeMs: true,
  meter: true,
  onError: true,
  onProgress: true,
  pollMs: true,
  protocol: true,
  quietTicks: true,
  restartMs: true,
  sampleRatio: true,
  saveEveryMs: true,
  serviceName: true,
  signal: true,
  since: true,
  stopWithinMs: true,
  taskIds: true,
  thread: true,
  timeoutMs: true,
  tls: true,
  until: true,
  url: true,
  wait: true,
  withLabel: true,
};

describe('the environment variables in the pages on traces', () => {
  const original = process.env;
  const asked = new Set<string>();

  beforeEach(() => {
    process.env = new Proxy(
      { ...original },
      {
        get: (target, name, receiver) => {
          if (typeof name === 'string' && name.startsWith('OTEL_')) asked.add(name);
          return Reflect.get(target, name, receiver);
        },
      },
    );
  });
  afterEach(() => {
    process.env = original;
  });

  it('are those that the code reads, all of them', () => {
    otlpConfig();
    // Certificates are only looked for where there is TLS.
    process.env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = 'https://127.0.0.1:1/v1/traces';
    otlpConfig();
    contextReader(arrayLog({}));
    const named = PAGES.flatMap(({ text }) => text.match(/\bOTEL_[A-Z_]+[A-Z]\b/g) ?? []);
    expect(asked.size).toBeGreaterThan(15);
    expect([...new Set(named)].filter(name => !asked.has(name))).toEqual([]);
    expect([...asked].filter(name => !MAIN.text.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the blocks in the pages on traces', () => {
  let folder = '';
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quadro-docs-'));
    receiver = await otlpReceiver();
  });
  afterEach(async () => {
    await receiver.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('of shell are shell, of JSON are JSON, of YAML are YAML', () => {
    for (const page of PAGES) {
      for (const block of blocksOf(page, 'sh')) execFileSync('bash', ['-n'], { input: block });
      for (const block of blocksOf(page, 'json')) expect(JSON.parse(block), page.path).toHaveProperty('filters');
      for (const block of blocksOf(page, 'yaml')) expect(parseYaml(block), page.path).toHaveProperty('service');
    }
  });

  it('of TypeScript work as they stand, one after the other', async () => {
    const program = blocksOf(MAIN, 'ts').join('\n').replaceAll('http://localhost:4318', receiver.url);
    const module = (path: string): string => `'${pathToFileURL(join(ROOT, path))}'`;
    const source = `
      import { openBoard } from ${module('board/index.ts')};
      import { sqlite } from ${module('board/backends/sqlite/index.ts')};
      const board = await openBoard({ backend: sqlite({ file: 'board.db' }), taskTypes: { memo: 'fast' } });
      const { task } = await board.postTask({ task_type: 'memo', label: 'lunch' });
      await board.updateTask({ task_id: task.task_id, to_status: 'ON_HOLD' });
      ${program.replaceAll("'quadro/otel'", module('exporters/otel/index.ts'))}
      console.log(JSON.stringify(await verifySpans(board, 'spans.ndjson')));
      await board.close();
    `;
    writeFileSync(join(folder, 'page.ts'), source);
    const { stdout } = await run(process.execPath, ['--no-warnings', 'page.ts'], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, expected: 2, found: 2 });
    expect(new Set(receiver.spans.map(({ name }) => name))).toEqual(new Set(['stage UNASSIGNED', 'task memo']));
    expect(existsSync(join(folder, 'spans.ndjson'))).toBe(true);
  });
});

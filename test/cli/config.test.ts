import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { stringify as stringifyToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { stringify as stringifyYaml } from 'yaml';
import { QuadroError } from '../../board/core/errors.ts';
import type { Config, SettingName } from '../../cli/config/config.ts';
import { effectiveConfig, effectiveConfigText } from '../../cli/config/effective-config.ts';
import { loadLifecycles } from '../../cli/config/load-lifecycles.ts';
import { type ConfigSources, resolveConfig } from '../../cli/config/resolve-config.ts';
import { SETTING_LIST, variableOf } from '../../cli/config/settings.ts';
import { suggestionFor } from '../../cli/config/suggestion.ts';
import { settingsTable } from '../support/settings-table.ts';
import { tempDir } from '../support/temp.ts';

const NOTHING: ConfigSources = { flags: new Map(), env: {} };

/** A configuration file in the folder of the test. */
function fileOf(text: string, name = 'quadro.toml'): string {
  const path = join(tempDir(), name);
  writeFileSync(path, text);
  return path;
}

async function faultsOf(sources: Partial<ConfigSources>): Promise<readonly string[]> {
  const error = await resolveConfig({ ...NOTHING, ...sources }).then(
    () => null,
    error => error,
  );
  if (error === null) return [];
  expect(error).toBeInstanceOf(QuadroError);
  expect(error.code).toBe('invalid_configuration');
  expect(error.message).toBe(error.details.faults.join('; '));
  return error.details.faults;
}

const word = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,20}$/);
const awkward = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter(each => !each.includes('\0') && each.isWellFormed());
const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });
const amount = (min: number, max: number): fc.Arbitrary<number> => {
  return fc.double({ min, max, noNaN: true, noDefaultInfinity: true }).map(each => each + 0);
};
const url = fc.webUrl();

/** Any value that each setting may have. */
const VALUES: { readonly [Name in SettingName]: fc.Arbitrary<NonNullable<Config[Name]>> } = {
  database_url: word.map(each => `sqlite:${each}.db`),
  board: awkward,
  lifecycles: fc.array(word.map(each => `${each}.toml`)),
  task_types: fc.dictionary(awkward, awkward, { noNullPrototype: true }),
  resumable: fc.boolean(),
  host: word,
  port: whole(0, 65_535),
  insecure: fc.boolean(),
  cors_origins: fc.array(url.map(each => new URL(each).origin)),
  trust_proxy: fc.array(fc.constantFrom('loopback', '10.0.0.0/8', '::1', 'fe80::/10')),
  requests_per_minute: whole(0, 1_000_000_000),
  body_limit_bytes: whole(1, 1_073_741_824),
  request_timeout_seconds: whole(1, 3_600),
  keep_alive_seconds: whole(1, 3_600),
  heartbeat_seconds: whole(1, 3_600),
  max_streams: whole(0, 1_000_000),
  admission_url: url,
  admission_token: awkward,
  admission_timeout_seconds: amount(0.01, 3_600),
  admission_retries: whole(0, 100),
  admission_unavailable: fc.constantFrom('refuse', 'allow'),
  chief: fc.boolean(),
  chief_id: awkward,
  chief_task_types: fc.array(awkward),
  worker_token: awkward,
  ombudsman: fc.boolean(),
  tick_seconds: amount(0.01, 86_400),
  timeout_seconds: amount(0.01, 31_536_000),
  status_timeouts: fc.dictionary(word, amount(0.01, 1e6), { noNullPrototype: true }),
  metrics: fc.boolean(),
  otlp_url: url,
  otlp_headers: fc.dictionary(word, awkward, { noNullPrototype: true }),
  otlp_protocol: fc.constantFrom('http/json', 'http/protobuf'),
  trace_sample_ratio: amount(0, 1),
  max_exporter_lag_events: whole(0, 1_000_000_000),
  log_level: fc.constantFrom('debug', 'info', 'warn', 'error'),
  drain_seconds: whole(0, 3_600),
  grace_seconds: whole(0, 86_400),
};

const SECRETS = ['database_url', 'admission_token', 'worker_token', 'otlp_headers'];

/** Any set of them, with what the others want. */
const FILES = fc.record(VALUES, { requiredKeys: ['admission_url', 'chief', 'ombudsman', 'otlp_url'] });

const FORMATS = {
  'c.toml': stringifyToml,
  'c.yaml': (value: object) => stringifyYaml(value),
  'c.json': (value: object) => JSON.stringify(value),
} as const;

describe('the configuration of a service', () => {
  it.each(Object.entries(FORMATS))('%s: what it prints of any file are that file’s values', async (name, format) => {
    const path = fileOf('', name);
    await fc.assert(
      fc.asyncProperty(FILES, async values => {
        writeFileSync(path, format(values));
        const resolved = await resolveConfig({ ...NOTHING, file: path });
        const printed = effectiveConfig(resolved);
        for (const [setting, { initial }] of SETTING_LIST) {
          const given = values[setting as SettingName];
          expect(resolved.config[setting as SettingName]).toEqual(given ?? initial);
          const { value, source } = printed[setting as SettingName];
          expect(source).toBe(given === undefined ? 'default' : path);
          if (!SECRETS.includes(setting)) expect(value).toEqual(given ?? initial);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('reads the same from variables and flags, as JSON where values hold commas', async () => {
    await fc.assert(
      fc.asyncProperty(FILES, async values => {
        const texts = Object.entries(values).map(([name, value]): [string, string] => {
          return [name, typeof value === 'string' ? value : JSON.stringify(value)];
        });
        const env = Object.fromEntries(texts.map(([name, text]) => [variableOf(name), text]));
        expect((await resolveConfig({ ...NOTHING, env })).config).toMatchObject(values);
        const flags = new Map(
          texts.map(([name, text]) => {
            const value = values[name as SettingName];
            return [name, typeof value === 'boolean' ? value : [text]];
          }),
        );
        expect((await resolveConfig({ ...NOTHING, flags })).config).toMatchObject(values);
      }),
      { numRuns: 150 },
    );
  });

  it('flags go before variables, those before the file, that before the defaults', async () => {
    const file = fileOf('port = 1\nhost = "file"\nboard = "file"\n');
    const env = { QUADRO_PORT: '2', QUADRO_HOST: 'variable' };
    const resolved = await resolveConfig({ flags: new Map([['port', ['3']]]), env, file });
    expect(resolved.config).toMatchObject({ port: 3, host: 'variable', board: 'file', chief: false });
    expect(effectiveConfig(resolved)).toMatchObject({
      port: { value: 3, source: '--port' },
      host: { value: 'variable', source: 'QUADRO_HOST' },
      board: { value: 'file', source: file },
      chief: { value: false, source: 'default' },
    });
  });

  it('takes the file of QUADRO_CONFIG where no flag names one, and empty variables for none', async () => {
    const env = { QUADRO_CONFIG: fileOf('port = 1'), QUADRO_HOST: '' };
    expect((await resolveConfig({ ...NOTHING, env })).config).toMatchObject({ port: 1, host: '127.0.0.1' });
    const file = fileOf('port = 2');
    expect((await resolveConfig({ ...NOTHING, env, file })).config.port).toBe(2);
  });

  it('reads lists and tables by commas and by repeating', async () => {
    const flags = new Map<string, boolean | readonly string[]>([
      ['chief', true],
      ['ombudsman', true],
      ['chief_task_types', ['memo, article', 'note']],
      ['task_types', ['memo=fast', 'article=newsroom,note=fast']],
      ['status_timeouts', ['writing=600', 'reviewing=0.5']],
    ]);
    expect((await resolveConfig({ ...NOTHING, flags })).config).toMatchObject({
      chief_task_types: ['memo', 'article', 'note'],
      task_types: { memo: 'fast', article: 'newsroom', note: 'fast' },
      status_timeouts: { writing: 600, reviewing: 0.5 },
    });
  });

  it('names every fault with its place, in one message', async () => {
    const file = fileOf('prot = 1\nhost = 7\nchief_id = "c"\nlifecycles = [1]\n[status_timeouts]\nwriting = "long"\n');
    const env = { QUADRO_PORT: 'tcp://10.0.0.1:7337', QUADRO_GRACE_SECOND: '1', QUADRO_LOG_LEVEL: 'loud' };
    const flags = new Map([['cors_origins', ['https://a.example/path']]]);
    expect(await faultsOf({ flags, env, file })).toEqual([
      'the variable QUADRO_GRACE_SECOND is not known: did you mean QUADRO_GRACE_SECONDS?',
      `prot in ${file} is not known: did you mean port?`,
      `lifecycles in ${file} must be a list of paths (or, in a file, of definitions), not [1]`,
      `host in ${file} must be a text, not 7`,
      'QUADRO_PORT must be a whole number from 0 to 65535, not "tcp://10.0.0.1:7337" (Kubernetes sets it for a Service named quadro: write enableServiceLinks: false)',
      '--cors-origins must be a list of origins such as https://example.org, not ["https://a.example/path"]',
      `status_timeouts in ${file} must be a table of status = seconds above 0, not {"writing":"long"}`,
      'QUADRO_LOG_LEVEL must be one of debug, info, warn, error, not "loud"',
      `chief_id in ${file} means nothing without chief`,
      `status_timeouts in ${file} means nothing without ombudsman`,
    ]);
  });

  it.each([
    ['port = "7337"', /port in .* must be a whole number from 0 to 65535, not "7337"/],
    ['port = 1.5', /must be a whole number/],
    ['port = [1]', /must be a whole number .* not \[1\]/],
    ['port = 1\nport = 2', /quadro.toml: line 2/],
    ['chief = "true"', /must be true or false, not "true"/],
    ['board = ""', /must be a text, not ""/],
    ['board = "a\\u0000b"', /must be a text/],
    ['cors_origins = "https://a.example"', /must be a list of origins/],
    ['otlp_url = "ftp://u:s3cret@h/"', /must be an http:\/\/ or https:\/\/ address, not "ftp:\/\/u:\*\*\*@h\/"/],
    ['otlp_headers = { authorization = "s3cret" }', /means nothing without otlp_url/],
    ['otlp_url = "http://h"\notlp_headers = ["s3cret"]', /must be a table of header = value$/],
    ['__proto__ = 1', /__proto__ in .* is not known/],
    [
      'worker_token = "s3cret"\nworker_token_file = "x"\nchief = true',
      /worker_token in .* and worker_token_file in .* cannot both be given/,
    ],
    ['worker_token_file = "nowhere"\nchief = true', /nowhere cannot be read: ENOENT/],
    ['worker_token_file = 1\nchief = true', /must be the path of a file/],
    ['port_file = "x"', /port_file in .* is not known/],
    ['tick_seconds = inf\nombudsman = true', /must be a number from 0.01/],
    ['trust_proxy = ["10.0.0.0/40"]', /must be a list of addresses or ranges/],
  ])('%j is a fault', async (text, pattern) => {
    const faults = await faultsOf({ file: fileOf(text) });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(pattern);
    expect(faults[0]).not.toContain('s3cret');
  });

  it('refuses a file of another kind, and one that is not there', async () => {
    expect(await faultsOf({ file: 'quadro.ini' })).toEqual([expect.stringMatching(/ends in one of .toml, .yaml/)]);
    expect(await faultsOf({ file: 'nowhere.toml' })).toEqual(['nowhere.toml cannot be read: ENOENT']);
    expect(await faultsOf({ file: fileOf('- 1', 'c.yaml') })).toEqual([expect.stringMatching(/must hold names and/)]);
    expect(await faultsOf({ file: fileOf('# nothing', 'c.yaml') })).toEqual([]);
  });

  it('leaves variables alone that are none of its own', async () => {
    const env = {
      QUADRO_SERVICE_HOST: '10.0.0.1',
      QUADRO_PORT_7337_TCP_ADDR: 'x',
      QUADRO_TOKEN: 'qdr_',
      QUADRO_DEBUG: '1',
    };
    expect(await faultsOf({ env })).toEqual([]);
  });

  it('one that is turned off need not be taken out of the file with all that wants it', async () => {
    const file = fileOf('chief = true\nchief_id = "c"\n');
    expect((await resolveConfig({ ...NOTHING, flags: new Map([['chief', false]]), file })).config.chief).toBe(false);
  });

  it('shows no secret, wherever it comes from', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'token'), 's3cret-a\n');
    writeFileSync(join(dir, 'headers'), 'authorization=s3cret-b');
    writeFileSync(
      join(dir, 'c.toml'),
      'chief = true\nworker_token_file = "token"\nadmission_url = "http://u:s3cret-e@gate/"\notlp_url = "http://h"\n',
    );
    const env = {
      QUADRO_DATABASE_URL: 'postgres://u:s3cret-c@h/db?password=s3cret-d',
      QUADRO_OTLP_HEADERS_FILE: join(dir, 'headers'),
      QUADRO_ADMISSION_TOKEN: 's3cret-f',
    };
    const resolved = await resolveConfig({ ...NOTHING, env, file: join(dir, 'c.toml') });
    expect(resolved.config).toMatchObject({
      database_url: env.QUADRO_DATABASE_URL,
      worker_token: 's3cret-a',
      otlp_headers: { authorization: 's3cret-b' },
      admission_token: 's3cret-f',
    });
    const printed = JSON.stringify(effectiveConfig(resolved)) + effectiveConfigText(resolved);
    expect(printed).not.toContain('s3cret');
    expect(effectiveConfig(resolved)).toMatchObject({
      worker_token: { value: '***', source: `${join(dir, 'c.toml')}: ${join(dir, 'token')}` },
      otlp_headers: { value: { authorization: '***' }, source: `QUADRO_OTLP_HEADERS_FILE: ${join(dir, 'headers')}` },
      database_url: { value: 'postgres://u:***@h/db?password=***' },
    });
  });

  it('a stronger place wins with its secret, in a file or not', async () => {
    const path = fileOf('from-file', 'token');
    const file = fileOf(`chief = true\nworker_token_file = "${path}"`);
    const env = { QUADRO_WORKER_TOKEN: 'from-variable' };
    expect((await resolveConfig({ ...NOTHING, env, file })).config.worker_token).toBe('from-variable');
    const flags = new Map([['worker_token_file', [path]]]);
    expect((await resolveConfig({ flags, env, file })).config.worker_token).toBe('from-file');
  });

  it('loads lifecycles from beside the file and out of it, and names the faults of all', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, 'memo.toml'), 'name = "memo"\nphases = [["UNASSIGNED", "writing"], ["writing", "sent"]]\n');
    const inline = '{"name":"note","phases":[["UNASSIGNED","doing"],["doing","done"]]}';
    writeFileSync(join(dir, 'c.yaml'), `lifecycles: [memo.toml, ${inline}]`);
    const resolved = await resolveConfig({ ...NOTHING, file: join(dir, 'c.yaml') });
    expect((await loadLifecycles(resolved)).map(each => each.name)).toEqual(['memo', 'note']);
    writeFileSync(join(dir, 'c.yaml'), 'lifecycles: [nowhere.toml, {"name":"x"}]');
    const faulty = await resolveConfig({ ...NOTHING, file: join(dir, 'c.yaml') });
    await expect(loadLifecycles(faulty)).rejects.toMatchObject({
      code: 'invalid_configuration',
      details: {
        faults: [expect.stringMatching(/nowhere.toml/), expect.stringMatching(/lifecycles\[1\] in .*c.yaml/)],
      },
    });
  });

  it('suggests only what somebody may have meant', () => {
    expect(suggestionFor('prot', ['port', 'host'])).toBe('port');
    expect(suggestionFor('databse_url', ['database_url', 'otlp_url'])).toBe('database_url');
    expect(suggestionFor('something', ['port', 'host'])).toBeNull();
    expect(suggestionFor('x'.repeat(1_000_000), ['port'])).toBeNull();
  });

  it('is the table of docs/configuration.md', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    expect(page).toContain(settingsTable());
  });

  it('has examples in docs/configuration.md that are as good as they look', async () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/configuration.md'), 'utf8');
    const examples = [...page.matchAll(/```toml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    expect(examples).toHaveLength(2);
    for (const text of examples) {
      const dir = tempDir();
      writeFileSync(join(dir, 'database-url'), 'sqlite:x.db\n');
      writeFileSync(
        join(dir, 'newsroom.toml'),
        'name = "newsroom"\nphases = [["UNASSIGNED", "writing"], ["writing", "sent"]]\n',
      );
      writeFileSync(join(dir, 'c.toml'), text);
      const resolved = await resolveConfig({ ...NOTHING, file: join(dir, 'c.toml') });
      expect(await loadLifecycles(resolved)).toHaveLength(1);
    }
  });
});

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { quadro } from '../support/run-quadro.ts';
import { promtool } from './rules-scenarios.ts';

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

interface Mount {
  readonly source: string;
  readonly target: string;
  readonly mode: string;
}

const FOLDER = resolve(import.meta.dirname, '../../dashboards');
const TEXT = readFileSync(join(FOLDER, 'compose.yaml'), 'utf8');
const { services, volumes } = parse(TEXT, { merge: true }) as Compose;

function serviceOf(name: string): Service {
  const service = services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

/** What a service finds of this project in its file system. */
function mountsOf(service: Service): Mount[] {
  const all = (service.volumes ?? []).map(text => {
    const [source = '', target = '', mode = ''] = text.split(':');
    return { source, target, mode };
  });
  return all.filter(({ source }) => source.startsWith('.'));
}

function provisioned(path: string): unknown {
  return parse(readFileSync(join(FOLDER, 'provisioning', path), 'utf8'));
}

describe('dashboards/compose.yaml', () => {
  it('has the board and its readers, and what shows them; the docs name no other place', () => {
    expect(Object.keys(services)).toEqual(['board', 'metrics', 'spans', 'prometheus', 'tempo', 'grafana']);
    const [, docs = ''] = readFileSync(resolve(FOLDER, '../docs/alerts.md'), 'utf8').split('## The whole picture');
    const published = Object.values(services).flatMap(({ ports = [] }) => ports.map(port => port.split(':').at(-1)));
    const named = Array.from(docs.matchAll(/http:\/\/127\.0\.0\.1:(\d+)/g), ([, port]) => port);
    expect(named).toEqual(['3000', '9090']);
    expect(published).toEqual(expect.arrayContaining(named));
    for (const name of [/Jaeger/, /Tempo/]) expect(name.test(docs)).toBe(name.test(TEXT));
  });

  it.each(Object.entries(services))(
    '%s has a pinned version, mounts that exist, and depends on what is there',
    (_, service) => {
      const { image, build, depends_on = [] } = service;
      if (build === undefined) expect(image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
      else {
        const dockerfile = resolve(FOLDER, build.context, build.dockerfile);
        expect(readFileSync(dockerfile, 'utf8')).toMatch(/^FROM node:\d+\.\d+\.\d+-bookworm-slim$/m);
        expect(existsSync(`${dockerfile}.dockerignore`)).toBe(true);
      }
      for (const { source, mode } of mountsOf(service)) {
        expect(existsSync(join(FOLDER, source)), source).toBe(true);
        expect(mode, source).toBe('ro');
      }
      const named = (service.volumes ?? []).filter(text => !text.startsWith('.'));
      for (const text of named) expect(Object.keys(volumes)).toContain(text.split(':')[0]);
      const needed = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on);
      for (const name of needed) expect(Object.keys(services)).toContain(name);
      for (const [name, { condition }] of Array.isArray(depends_on) ? [] : Object.entries(depends_on)) {
        if (condition === 'service_healthy') expect(serviceOf(name).healthcheck).toBeDefined();
      }
    },
  );

  it('runs the Node that the project is developed with', () => {
    const { devDependencies } = JSON.parse(readFileSync(resolve(FOLDER, '../package.json'), 'utf8')) as {
      devDependencies: { node: string };
    };
    const dockerfile = readFileSync(join(FOLDER, 'provisioning/board/Dockerfile'), 'utf8');
    expect(dockerfile).toContain(`FROM node:${devDependencies.node}-bookworm-slim\n`);
  });

  it('listens on this machine only, and has no secrets', () => {
    for (const { ports = [], environment = {} } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{QUADRO_\w+_PORT:-(\d+)\}:\1$/);
      for (const name of Object.keys(environment)) expect(name).not.toMatch(/PASSWORD|SECRET|TOKEN|KEY/);
    }
    for (const [url] of TEXT.matchAll(/http:\/\/127\.0\.0\.1:(\d+)(?=\/alerts|\/metrics\n|\n)/g)) {
      const port = new URL(url).port;
      expect(
        Object.values(services)
          .flatMap(({ ports = [] }) => ports)
          .join(),
        url,
      ).toContain(`:${port}`);
    }
  });

  it('gives quadro commands and options that it has', async () => {
    const said = Object.values(services).flatMap(({ command = [], healthcheck }) => [command, healthcheck?.test ?? []]);
    const lines = said.map(words => words.join(' ')).flatMap(text => text.match(/node bin\/quadro\.js [^;]+/g) ?? []);
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const [, , command = '', ...rest] = line.split(' ');
      const { status, stdout } = await quadro([command, '--help']);
      expect(status, line).toBe(0);
      for (const option of rest.filter(word => word.startsWith('--'))) expect(stdout, line).toContain(`${option} `);
    }
  }, 60_000);
});

describe('what it provisions', () => {
  it('is a Prometheus that promtool takes, with all rules, and boards told apart', context => {
    const root = mkdtempSync(join(tmpdir(), 'quadro-compose-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    for (const { source, target } of mountsOf(serviceOf('prometheus'))) {
      mkdirSync(dirname(join(root, target)), { recursive: true });
      cpSync(join(FOLDER, source), join(root, target), { recursive: true });
    }
    const config = join(root, 'etc/prometheus/prometheus.yml');
    expect(serviceOf('prometheus').command).toContain('--config.file=/etc/prometheus/prometheus.yml');
    expect(promtool(['check', 'config', config], context)).toBe('');
    const { scrape_configs, rule_files } = parse(readFileSync(config, 'utf8')) as {
      rule_files: readonly string[];
      scrape_configs: readonly { static_configs: readonly { targets: string[]; labels: object }[] }[];
    };
    expect(rule_files).toEqual(['rules/*.rules.yml']);
    for (const name of ['quadro-recording.rules.yml', 'quadro-alerts.rules.yml']) {
      expect(existsSync(join(root, 'etc/prometheus/rules', name))).toBe(true);
    }
    expect(scrape_configs.flatMap(each => each.static_configs)).toEqual([
      { targets: ['metrics:9464'], labels: { board: 'newsroom' } },
    ]);
    expect(serviceOf('metrics').command?.join(' ')).toContain('--port 9464 --host 0.0.0.0');
  });

  it('are datasources at the services, and exemplars that lead to the traces', () => {
    const { datasources } = provisioned('grafana/datasources/quadro.yml') as {
      datasources: readonly {
        readonly uid: string;
        readonly type: string;
        readonly url: string;
        readonly jsonData?: { readonly exemplarTraceIdDestinations: readonly { readonly datasourceUid: string }[] };
      }[];
    };
    expect(datasources.map(({ uid }) => uid)).toEqual(['prometheus', 'tempo']);
    for (const { url } of datasources) expect(Object.keys(services)).toContain(new URL(url).hostname);
    const [prometheus] = datasources;
    expect(prometheus?.jsonData?.exemplarTraceIdDestinations).toEqual([{ name: 'trace_id', datasourceUid: 'tempo' }]);
    expect(serviceOf('prometheus').command).toContain('--enable-feature=exemplar-storage');
  });

  it('is a Tempo that takes spans where they are sent, and is asked where it listens', () => {
    const tempo = provisioned('tempo/tempo.yml') as {
      server: { http_listen_port: number };
      distributor: { receivers: { otlp: { protocols: { http: { endpoint: string } } } } };
      storage: { trace: { wal: { path: string }; local: { path: string } } };
    };
    const { endpoint } = tempo.distributor.receivers.otlp.protocols.http;
    const sentTo = new URL(serviceOf('spans').command?.find(word => word.startsWith('http')) ?? '');
    expect([sentTo.hostname, `0.0.0.0:${sentTo.port}`]).toEqual(['tempo', endpoint]);
    expect(JSON.stringify(provisioned('grafana/datasources/quadro.yml'))).toContain(
      `"http://tempo:${tempo.server.http_listen_port}"`,
    );
    const [config] = mountsOf(serviceOf('tempo'));
    expect(serviceOf('tempo').command).toEqual([`-config.file=${config?.target}`]);
    // It is no root, and its image has no folder that it may write to.
    expect(serviceOf('tempo').tmpfs).toEqual(['/var/tempo:mode=1777']);
    for (const path of [tempo.storage.trace.wal.path, tempo.storage.trace.local.path])
      expect(path).toMatch(/^\/var\/tempo\//);
  });

  it('are the committed dashboards, in the folder that Grafana is told of', () => {
    const { providers } = provisioned('grafana/dashboards/quadro.yml') as {
      providers: readonly { readonly options: { readonly path: string } }[];
    };
    const path = providers[0]?.options.path;
    const mount = mountsOf(serviceOf('grafana')).find(({ target }) => target === path);
    for (const name of ['flow', 'chief', 'agents', 'exporter']) {
      const file = join(FOLDER, mount?.source ?? '', `quadro-${name}.json`);
      expect(JSON.parse(readFileSync(file, 'utf8')).title, file).toEqual(expect.any(String));
    }
  });
});

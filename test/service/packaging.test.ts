import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { JsonObject } from '../../board/core/json.ts';
import { quadro, startQuadro } from '../support/run-quadro.ts';
import { tempDir } from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const DOC = read('docs/service.md');
const DOCKERFILE = read('Dockerfile');
const UNIT = read('packaging/quadro.service');

interface Container {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly livenessProbe: { readonly httpGet: { readonly path: string } };
  readonly readinessProbe: { readonly httpGet: { readonly path: string } };
}

interface Pod {
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
}

/** What a service is set to that is told nothing but these variables. */
async function settingsBy(env: Readonly<Record<string, string>>): Promise<Record<string, { value: unknown }>> {
  const { status, stdout, stderr } = await quadro(['serve', '--print-config', '--json'], { env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, { value: unknown }>;
}

function blocks(language: string): string[] {
  return [...DOC.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text = '']) => text);
}

/** The manifest's pod, and the part of one that the page shows. */
function pods(): Pod[] {
  const [deployment, service] = parseAllDocuments(read('packaging/kubernetes.yaml')).map(document => {
    expect(document.errors).toEqual([]);
    return document.toJS() as JsonObject;
  });
  expect([deployment?.kind, service?.kind]).toEqual(['Deployment', 'Service']);
  const { spec } = deployment as unknown as { spec: { template: { spec: Pod } } };
  return [spec.template.spec, ...blocks('yaml').map(text => parse(text) as Pod)];
}

describe('what a service is delivered in', () => {
  it('Kubernetes: the settings are known, the probes answered, and a stop is given its time', async () => {
    const found = pods();
    expect(found).toHaveLength(2);
    for (const { enableServiceLinks, terminationGracePeriodSeconds, containers } of found) {
      const [container] = containers;
      const secret = join(tempDir(), 'database-url');
      writeFileSync(secret, 'postgres://quadro:s3cret@db/boards\n');
      const env = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
      expect(env.QUADRO_DATABASE_URL_FILE).toBe('/run/secrets/quadro/database-url');
      const settings = await settingsBy({ ...env, QUADRO_DATABASE_URL_FILE: secret });
      expect(settings.database_url?.value).toBe('postgres://quadro:***@db/boards');
      const takes = Number(settings.drain_seconds?.value) + Number(settings.grace_seconds?.value);
      expect(terminationGracePeriodSeconds).toBeGreaterThan(takes);
      expect(enableServiceLinks).toBe(false);
      expect(container?.livenessProbe.httpGet.path).toBe('/health');
      expect(container?.readinessProbe.httpGet.path).toBe('/ready');
    }
  });

  it('without enableServiceLinks the variable of Kubernetes is refused, and the fault says why', async () => {
    const { status, stderr } = await quadro(['serve', '--print-config'], {
      env: { QUADRO_PORT: 'tcp://10.0.0.1:80', QUADRO_SERVICE_HOST: '10.0.0.1' },
    });
    expect(status).toBe(2);
    expect(stderr).toContain('enableServiceLinks');
  });

  it('Docker: not as root, its settings are known, and its health check tells a service that answers from one that does not', async () => {
    const stage = DOCKERFILE.split('\nFROM ').at(-1) ?? '';
    expect(stage).toMatch(/^USER node$/m);
    expect(stage.indexOf('USER node')).toBeLessThan(stage.indexOf('ENTRYPOINT'));
    const env = Object.fromEntries([...stage.matchAll(/(QUADRO_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]));
    expect(Object.keys(env)).toContain('QUADRO_HOST');
    const settings = await settingsBy(env);
    expect(settings.host?.value).toBe('0.0.0.0');
    const [, command = ''] = /HEALTHCHECK[\s\S]*?CMD (\[.*\])/.exec(stage) ?? [];
    const [program, ...args] = JSON.parse(command) as string[];
    expect(program).toBe('node');
    const check = async (port: string): Promise<unknown> => {
      const child = spawn(process.execPath, args, { env: { ...process.env, QUADRO_PORT: port }, stdio: 'ignore' });
      return (await once(child, 'exit'))[0];
    };
    const serving = startQuadro(['serve', 'board.db', '--port', '0'], { cwd: tempDir() });
    const [, port = ''] = await serving.saw(/serving http:\/\/127\.0\.0\.1:(\d+)/);
    expect(await check(port)).toBe(0);
    expect((await serving.stop('SIGTERM')).status).toBe(0);
    expect(await check(port)).toBe(1);
  });

  it('systemd: a stop is given its time, and what it runs is a command there is', async () => {
    const [, command = ''] = /^ExecStart=\/usr\/bin\/env quadro (.*)$/m.exec(UNIT) ?? [];
    const dir = tempDir();
    writeFileSync(join(dir, 'quadro.toml'), 'database_url = "board.db"\n');
    const words = command.split(' ').map(word => word.replace('/etc/quadro/', `${dir}/`));
    const { status, stderr, stdout } = await quadro([...words, '--print-config', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const settings = JSON.parse(stdout) as Record<string, { value: unknown }>;
    const [, seconds] = /^TimeoutStopSec=(\d+)$/m.exec(UNIT) ?? [];
    expect(Number(seconds)).toBeGreaterThan(Number(settings.grace_seconds?.value) * 2);
  });
});

describe('docs/service.md', () => {
  it('shows a configuration that is accepted, and means what it says', async () => {
    const dir = tempDir();
    const [toml = ''] = blocks('toml');
    writeFileSync(join(dir, 'quadro.toml'), toml);
    writeFileSync(join(dir, 'database-url'), 'postgres://quadro:s3cret@db/boards\n');
    writeFileSync(
      join(dir, 'newsroom.toml'),
      'name = "newsroom"\nphases = [["UNASSIGNED", "writing"], ["writing", "sent"]]\n',
    );
    const args = ['serve', '--config', 'quadro.toml', '--print-config', '--json'];
    const { status, stdout, stderr } = await quadro(args, { cwd: dir });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain('s3cret');
    const settings = JSON.parse(stdout) as Record<string, { value: unknown }>;
    expect(settings.chief?.value).toBe(true);
    expect(settings.task_types?.value).toEqual({ article: 'newsroom', memo: 'fast' });
    expect(settings.grace_seconds?.value).toBe(20);
  });

  it('links to pages, and places in them, that are there', () => {
    const links = [...DOC.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)];
    expect(links.length).toBeGreaterThan(10);
    for (const [, path = '', place] of links) {
      const page = read(join('docs', path));
      const places = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      );
      if (place !== undefined) expect(places).toContain(place);
    }
  });

  it('has its own metrics beside those of its board, and they are documented', async () => {
    const dir = tempDir();
    const serving = startQuadro(['serve', 'board.db', '--port', '0'], { cwd: dir });
    const [, url = ''] = await serving.saw(/serving (\S+)/);
    await fetch(`${url}/nowhere`);
    const text = await (await fetch(`${url}/metrics`)).text();
    await serving.stop('SIGINT');
    const told = [...text.matchAll(/^# HELP (quadro_service_\w+)/gm)].map(([, name]) => name);
    const named = [...read('docs/configuration.md').matchAll(/^\| `(quadro_\w+)`/gm)].map(([, name]) => name);
    expect(told.length).toBeGreaterThan(3);
    expect(text).toContain('# HELP quadro_agent_circuit_state ');
    expect(named.toSorted()).toEqual(told.toSorted());
    expect(text).toMatch(/^quadro_service_requests_total\{method="GET",route="none",status="404"\} 1$/m);
  });
});

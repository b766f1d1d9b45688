import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
}

const ROOT = resolve(import.meta.dirname, '../..');
const TEXT = readFileSync(resolve(ROOT, 'compose.yaml'), 'utf8');
const PAGE = readFileSync(resolve(ROOT, 'docs/backends.md'), 'utf8');
const { services, volumes } = parse(TEXT) as { services: Record<string, Service>; volumes: Record<string, unknown> };

/** A value as it is where no variable of its is set. */
const byDefault = (value: string): string => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

const VERSIONS = [
  ['postgres', 'PostgreSQL'],
  ['mariadb', 'MariaDB'],
] as const;

describe('compose.yaml', () => {
  it.each(VERSIONS)('runs %s in the exact version that docs/backends.md names as tested', (name, title) => {
    const [image, version = ''] = services[name]?.image.split(':') ?? [];
    expect(image).toBe(name);
    expect(version).toMatch(/^\d+(\.\d+)+$/);
    const row = PAGE.split('\n').find(line => line.startsWith(`| ${title} | `)) ?? '';
    expect(row.split('|')[2]).toMatch(new RegExp(`(^|[ ,])${version.replaceAll('.', '\\.')}([ ,]|$)`));
  });

  it('has no other service, and a volume and a health check for each', () => {
    expect(Object.keys(services)).toEqual(VERSIONS.map(([name]) => name));
    for (const [name, service] of Object.entries(services)) {
      expect(service.volumes).toEqual([expect.stringMatching(`^${name}:/`)]);
      expect(Object.keys(volumes)).toContain(name);
      expect(service.healthcheck.test[0]).toMatch(/^CMD(-SHELL)?$/);
    }
  });

  it('listens on this machine only, and takes every credential from the environment', () => {
    for (const { ports, environment } of Object.values(services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{QUADRO_\w+_PORT:-\d+\}:\d+$/);
      for (const [name, value] of Object.entries(environment)) {
        if (name !== 'MARIADB_RANDOM_ROOT_PASSWORD') expect(value, name).toMatch(/^\$\{QUADRO_\w+:-\w+\}$/);
      }
    }
  });

  it('opens by the URLs that its comment and docs/backends.md give, where nothing is set', () => {
    const urls = VERSIONS.map(([name]) => {
      const { environment = {}, ports = [] } = services[name] ?? {};
      const settingOf = (ending: string): string =>
        byDefault(Object.entries(environment).find(([key]) => key.endsWith(ending))?.[1] ?? '');
      const [host, port] = byDefault(ports[0] ?? '').split(':');
      const database = settingOf('_DB') || settingOf('_DATABASE');
      const scheme = name === 'postgres' ? 'postgres' : 'mysql';
      return `${scheme}://${settingOf('_USER')}:${settingOf('_PASSWORD')}@${host}:${port}/${database}`;
    });
    for (const url of urls) {
      expect(TEXT).toContain(`#   ${url}\n`);
      expect(PAGE).toContain(`url: '${url}'`);
    }
  });
});

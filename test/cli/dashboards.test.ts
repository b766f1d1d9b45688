import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { quadro, quadroJson } from '../support/run-quadro.ts';
import { tempDir } from '../support/temp.ts';

const LIFECYCLE = 'name = "memo"\nphases = [["UNASSIGNED", "writing"], ["writing", "sent"]]\n';
const FOUR = ['quadro-agents.json', 'quadro-chief.json', 'quadro-exporter.json', 'quadro-flow.json'];
const RULES = ['quadro-alerts.rules.yml', 'quadro-recording.rules.yml'];
const DASHBOARDS = join(import.meta.dirname, '../../dashboards');

function committed(file: string): string {
  return readFileSync(join(DASHBOARDS, RULES.includes(file) ? 'prometheus' : 'grafana', file), 'utf8');
}

describe('quadro dashboards', () => {
  it('writes the committed four and the rules into a folder that it makes, and says where', async () => {
    const cwd = tempDir();
    const { status, stdout, stderr } = await quadro(['dashboards', '--out', 'new/grafana'], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const folder = join(cwd, 'new/grafana');
    expect(readdirSync(folder).toSorted()).toEqual([...FOUR, ...RULES].toSorted());
    for (const file of [...FOUR, ...RULES]) {
      expect(readFileSync(join(folder, file), 'utf8')).toBe(committed(file));
      expect(stdout).toContain(join('new/grafana', file));
    }
  });

  it('adds the dashboard of a lifecycle, and replaces files of those names', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'memo.toml'), LIFECYCLE);
    writeFileSync(join(cwd, 'quadro-flow.json'), 'old');
    const args = ['dashboards', '--lifecycle', 'memo.toml', '--out', '.'];
    const written = await quadroJson<readonly { title: string; path: string }[]>(args, { cwd });
    expect(written.map(({ title, path }) => [title, path])).toEqual([
      ['Quadro: flow', 'quadro-flow.json'],
      ['Quadro: Chief sleep study', 'quadro-chief.json'],
      ['Quadro: Ombudsman and agents', 'quadro-agents.json'],
      ['Quadro: exporter health', 'quadro-exporter.json'],
      ['Quadro: lifecycle memo', 'quadro-lifecycle-memo.json'],
      ['Prometheus: quadro-recording', 'quadro-recording.rules.yml'],
      ['Prometheus: quadro-alerts', 'quadro-alerts.rules.yml'],
    ]);
    for (const { title, path } of written.filter(each => each.path.endsWith('.json'))) {
      expect(JSON.parse(readFileSync(join(cwd, path), 'utf8'))).toMatchObject({ title });
    }
  });

  it('asks another store for traces where it is told to', async () => {
    const cwd = tempDir();
    await quadro(['dashboards', '--traces', 'jaeger', '--out', '.'], { cwd });
    const text = readFileSync(join(cwd, 'quadro-flow.json'), 'utf8');
    expect(text).toContain('"query": "jaeger"');
    expect(text).not.toContain('traceql');
  });

  it('names the package to install where it is not there', async () => {
    const hook = pathToFileURL(join(import.meta.dirname, '../support/hide-packages.ts')).href;
    const env = { NODE_OPTIONS: `--import=${hook}`, QUADRO_TEST_HIDDEN: '@grafana/grafana-foundation-sdk' };
    const { status, stderr } = await quadro(['dashboards', '--out', '.'], { cwd: tempDir(), env });
    expect(status).toBe(2);
    expect(stderr).toContain('run: npm install @grafana/grafana-foundation-sdk (missing_package)');
  });

  it.each<[readonly string[], RegExp]>([
    [[], /required option '--out <dir>' not specified/],
    [['--out', 'file'], /Cannot use file: a file stands where a folder is needed; choose another path/],
    [['--out', 'dir', '--lifecycle', 'none.toml'], /there is no such file \(invalid_lifecycle\)/],
    [['--out', 'dir', '--traces', 'zipkin'], /Allowed choices are tempo, jaeger/],
  ])('%j is bad use, in one line, and nothing is written', async (args, message) => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'file'), '');
    const { status, stdout, stderr } = await quadro(['dashboards', ...args], { cwd });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readdirSync(cwd)).toEqual(['file']);
  });
});

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LADDERS } from '../../exporters/prometheus/metric-spec.ts';
import { METRICS } from '../../exporters/prometheus/names.ts';

const DOCS = readFileSync(resolve(import.meta.dirname, '../../docs/metrics.md'), 'utf8');
const ROWS = DOCS.split('\n').filter(line => line.startsWith('| `quadro_'));

describe('the contract', () => {
  it.each(METRICS.map(spec => [spec.name, spec] as const))('docs/metrics.md has the row of %s', (_name, spec) => {
    const ladder = spec.type === 'histogram' ? spec.ladder : '–';
    const inDocs = (label: string): string => (spec.optIn.includes(label) ? `(\`${label}\`)` : `\`${label}\``);
    const labels = spec.labels.map(inDocs).join(' ') || '–';
    const row = `| \`${spec.name}\` | ${spec.type} | ${labels} | ${ladder} | ${spec.origin} | ${spec.help} |`;
    expect(ROWS.filter(line => line.startsWith(`| \`${spec.name}\` |`))).toEqual([row]);
  });

  it('has no row of a metric that is none, and every ladder', () => {
    expect(ROWS).toHaveLength(METRICS.length);
    for (const [name, bounds] of Object.entries(DEFAULT_LADDERS)) {
      expect(DOCS).toContain(`| ${name} | ${bounds.join(' ')} |`);
    }
  });

  it('names and labels are as Prometheus wants them; none is a task, and an agent only where that is asked for', () => {
    for (const { name, type, labels, open, optIn, help } of METRICS) {
      expect(name).toMatch(/^quadro_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(labels).toEqual(expect.arrayContaining([...open]));
      expect(labels).not.toContain('task_id');
      expect(optIn).toEqual(labels.filter(label => label === 'agent_id'));
      expect(open).toEqual(expect.arrayContaining([...optIn]));
      // OpenMetrics would want quotes escaped, which prom-client does not do.
      expect(help).not.toMatch(/["\n\\|]/);
    }
    expect(new Set(METRICS.map(spec => spec.name)).size).toBe(METRICS.length);
  });

  it('what adds up durations keeps microseconds and shows seconds', () => {
    const isDuration = (name: string): boolean => /_seconds(_total)?$/.test(name);
    for (const { name, type, unitsPerShown } of METRICS) {
      expect([name, unitsPerShown]).toEqual([name, type !== 'gauge' && isDuration(name) ? 1_000_000 : 1]);
    }
  });
});

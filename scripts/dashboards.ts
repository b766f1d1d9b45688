/**
 * Writes the committed dashboards and rules, dashboards/grafana/*.json and dashboards/prometheus/*.yml. Tests find those that
 * are not what the sources make.
 *
 * `node scripts/dashboards.ts`
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { grafanaDashboards, ruleFiles } from '../dashboards/index.ts';

const FOLDER = resolve(import.meta.dirname, '../dashboards');
for (const { file, json } of await grafanaDashboards()) writeFileSync(resolve(FOLDER, 'grafana', file), json);
for (const { name, text } of ruleFiles()) writeFileSync(resolve(FOLDER, 'prometheus', name), text);

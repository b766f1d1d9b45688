import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { loadLifecycle } from '../../board/lifecycle-file.ts';
import { grafanaDashboards, ruleFiles, type TraceStore } from '../../dashboards/index.ts';
import { print, printJson, table } from '../output.ts';

interface Options {
  readonly out: string;
  readonly lifecycle?: string;
  readonly traces: TraceStore;
  readonly json?: boolean;
}

/** One file that was written. */
interface WrittenFile {
  readonly title: string;
  readonly path: string;
}

async function run({ out, lifecycle, traces, json }: Options): Promise<void> {
  const profile = lifecycle === undefined ? {} : { lifecycle: await loadLifecycle(lifecycle) };
  const boards = (await grafanaDashboards({ traces, ...profile })).map(({ title, file, json: text }) => {
    return { title, file, text };
  });
  const rules = ruleFiles().map(({ name, text }) => ({
    title: `Prometheus: ${name.replace('.rules.yml', '')}`,
    file: name,
    text,
  }));
  await mkdir(out, { recursive: true });
  const written: WrittenFile[] = [];
  for (const { title, file, text } of [...boards, ...rules]) {
    const path = join(out, file);
    await writeFile(path, text);
    written.push({ title, path });
  }
  if (json) await printJson(written);
  else {
    const rows = written.map(({ title, path }) => [title, path]);
    await print(
      `${table(['what', 'file'], rows)}\nNext: import the dashboards in Grafana, or provision the folder (docs/dashboards.md); name the rules in rule_files of Prometheus (docs/alerts.md)`,
    );
  }
}

/** `quadro dashboards --out DIR` */
export function dashboardsCommand(): Command {
  return new Command('dashboards')
    .description('Write the Grafana dashboards and Prometheus rules over the metrics of a board')
    .requiredOption('--out <dir>', 'the folder to write them to; files of their names are replaced')
    .option('--lifecycle <file>', 'adds a dashboard with the columns of this lifecycle, in its order')
    .addOption(
      new Option('--traces <store>', 'where the spans are kept, to which links lead')
        .choices(['tempo', 'jaeger'])
        .default('tempo'),
    )
    .option('--json', 'print the files as one JSON array')
    .addHelpText('after', '\nExample:\n  quadro dashboards --lifecycle newsroom.toml --out grafana')
    .action(run);
}

import { Command } from 'commander';
import { openAnalysis } from '../../analysis/index.ts';
import { FoundFaults } from '../exit.ts';
import { print, printJson, table } from '../output.ts';
import { progressOf } from '../progress.ts';
import { type Reconciled, reconcile } from '../reconcile/reconcile.ts';
import { metricsSide, spansSide, sqlSide } from '../reconcile/sides.ts';
import { interruption } from '../signals.ts';
import { openSource, SOURCE_HELP, type Source } from '../source.ts';

interface Options {
  readonly metrics?: string;
  readonly spans?: string;
  readonly board?: string;
  readonly json?: boolean;
}

async function reconciled(source: Source, options: Options): Promise<readonly Reconciled[]> {
  const signal = interruption();
  const progress = progressOf('spans');
  try {
    const { board_uid } = await source.tables.board();
    // What is counted elsewhere first: the log may be written to meanwhile, and then has more, not less, than it.
    const metrics = await metricsSide(source.tables, options.metrics, signal);
    const onProgress = (spans: number): void => progress.update(spans);
    const spans = await spansSide(source.tables, options.spans, { signal, onProgress });
    const analysis = await openAnalysis(source.kind === 'log' ? source.path : source.tables, { signal });
    try {
      return reconcile(await sqlSide(analysis, board_uid), metrics, spans);
    } finally {
      await analysis.close();
    }
  } finally {
    progress.stop();
  }
}

const number = (value: number | null): string => (value === null ? '–' : String(Number(value.toFixed(6))));

function reconciledText(figures: readonly Reconciled[]): string {
  const faults = figures.filter(({ agrees }) => !agrees);
  const rows = faults.map(({ figure, labels, sql, metrics, spans }) => [
    figure,
    Object.values(labels).join(' '),
    number(sql),
    number(metrics),
    number(spans),
  ]);
  const verdict =
    faults.length === 0
      ? `SQL, metrics and spans agree on all ${figures.length} figures.`
      : `${faults.length} of ${figures.length} figures differ.`;
  return faults.length === 0 ? verdict : `${table(['figure', 'of', 'SQL', 'metrics', 'spans'], rows)}\n\n${verdict}`;
}

async function run(text: string, options: Options): Promise<void> {
  const source = await openSource(text, options);
  try {
    const figures = await reconciled(source, options);
    const agrees = figures.every(each => each.agrees);
    if (options.json) await printJson({ agrees, figures });
    else await print(reconciledText(figures));
    if (!agrees) throw new FoundFaults();
  } finally {
    await source.close();
  }
}

/** `quadro reconcile SOURCE` */
export function reconcileCommand(): Command {
  return new Command('reconcile')
    .description(
      'Show that SQL over the log, its metrics and its spans tell the same numbers; exit 1 where they differ',
    )
    .argument('<source>', SOURCE_HELP)
    .option('--metrics <file|url>', 'a metrics text or endpoint; default: what the exporter makes of the log now')
    .option('--spans <file|url>', 'OTLP JSON, or an answer of Jaeger or Tempo; default: what the log says')
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print every figure, as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro reconcile newsroom.db\n  quadro reconcile newsroom.db --metrics http://127.0.0.1:9464/metrics --spans spans.ndjson',
    )
    .action(run);
}

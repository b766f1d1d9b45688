import { Command, InvalidArgumentError } from 'commander';
import {
  type ComparedMeasure,
  type CompareWindow,
  type Comparison,
  compare,
  MEASURE_NAMES,
  type MeasureName,
} from '../../analysis/index.ts';
import { isoOf, type Micros } from '../../board/core/time.ts';
import { instantOf } from '../age.ts';
import { csvText } from '../csv.ts';
import { FoundFaults } from '../exit.ts';
import { percent, print, printJson, seconds, table } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { SOURCE_HELP } from '../source.ts';
import { withAnalysis } from '../with-analysis.ts';

interface Options {
  readonly aSince?: Micros;
  readonly aUntil?: Micros;
  readonly bSince?: Micros;
  readonly bUntil?: Micros;
  readonly measures?: readonly MeasureName[];
  readonly tolerance: number;
  readonly replicates: number;
  readonly seed: number;
  readonly board?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
}

function windowOf(since: Micros | undefined, until: Micros | undefined): CompareWindow {
  return { ...(since !== undefined && { since: isoOf(since) }), ...(until !== undefined && { until: isoOf(until) }) };
}

function measureNames(text: string): readonly MeasureName[] {
  const known: readonly string[] = MEASURE_NAMES;
  const names = text.split(',').map(name => name.trim());
  const unknown = names.filter(name => !known.includes(name));
  if (unknown.length === 0) return names as MeasureName[];
  throw new InvalidArgumentError(`There is no measure ${unknown.join(', ')}: choose from ${known.join(', ')}.`);
}

/** A share, as 0.05 or as 5%. */
function tolerance(text: string): number {
  const [, number, isPercent] = /^(\d+(?:\.\d+)?)\s*(%)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It must be a share from 0, such as 0.05 or 5%.');
  return isPercent === undefined ? Number(number) : Number(number) / 100;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A figure of a measure as people read it. */
function figure({ unit }: ComparedMeasure, value: number | null): string {
  if (value === null) return '–';
  const size = Math.abs(value);
  const sign = value < 0 ? '−' : '';
  if (unit === 'share') return sign + percent(size);
  if (unit === 'seconds') return sign + seconds(size);
  return `${sign}${size.toFixed(2)} ${unit === 'per_hour' ? 'an hour' : 'a wake'}`;
}

const VERDICTS: Readonly<Record<ComparedMeasure['verdict'], string>> = {
  better: '▲ better',
  worse: '▼ worse',
  changed: 'changed',
  unclear: '·',
  unknown: '–',
};

function comparisonText({ measures, is_worse }: Comparison): string {
  const rows = measures.map(each => [
    each.measure,
    figure(each, each.a),
    figure(each, each.b),
    figure(each, each.difference),
    each.low === null ? '–' : `${figure(each, each.low)} … ${figure(each, each.high)}`,
    percent(each.relative_difference),
    VERDICTS[each.verdict],
  ]);
  const worse = measures.filter(({ verdict }) => verdict === 'worse').map(({ measure }) => measure);
  const end = is_worse ? `Worse: ${worse.join(', ')}.` : 'Nothing is worse for sure.';
  return `${table(['measure', 'A', 'B', 'B − A', '95 % interval', 'relative', ''], rows)}\n\n${end}`;
}

function comparisonCsv({ measures }: Comparison): string {
  const columns = Object.keys(measures[0] ?? {}) as (keyof ComparedMeasure)[];
  return csvText([columns, ...measures.map(each => columns.map(name => each[name]))]);
}

async function run(textA: string, textB: string, options: Options): Promise<void> {
  const progress = progressOf('kinds of units compared');
  const { replicates, seed, measures } = options;
  const comparison = await withAnalysis([textA], options, a =>
    withAnalysis([textB], options, b =>
      compare(a, b, {
        windowA: windowOf(options.aSince, options.aUntil),
        windowB: windowOf(options.bSince, options.bUntil),
        tolerance: options.tolerance,
        replicates,
        seed,
        ...(measures && { measures }),
        signal: interruption(),
        onProgress: ({ done, total }) => progress.update(done, total),
      }),
    ),
  ).finally(() => progress.stop());
  if (options.json) await printJson(comparison);
  else await print(options.csv ? comparisonCsv(comparison) : comparisonText(comparison));
  if (comparison.is_worse) throw new FoundFaults();
}

/** `quadro compare A B` */
export function compareCommand(): Command {
  return new Command('compare')
    .description(
      'Compare two logs, or two windows of one: every difference with its 95 % interval; exit 1 where B is worse',
    )
    .argument('<a>', `before: ${SOURCE_HELP}`)
    .argument('<b>', 'after; may be the same, with other windows')
    .option(
      '--a-since <when>',
      'of A only what finished at or after this: a time, a day, or an age such as 7d',
      instantOf,
    )
    .option('--a-until <when>', 'of A only what finished before this', instantOf)
    .option('--b-since <when>', 'of B only what finished at or after this', instantOf)
    .option('--b-until <when>', 'of B only what finished before this', instantOf)
    .option('--measures <names>', `which, with commas between; default all: ${MEASURE_NAMES.join(', ')}`, measureNames)
    .option('--tolerance <share>', 'how much worse is still no worse, of A’s figure', tolerance, 0)
    .option('--replicates <n>', 'draws of the bootstrap', wholeNumber, 1000)
    .option('--seed <n>', 'of the draws', wholeNumber, 1)
    .option('--board <name>', 'which board, where the databases hold several')
    .option('--json', 'print the comparison as one JSON object')
    .option('--csv', 'print one line a measure')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro compare last-week.db this-week.db --tolerance 5%\n  quadro compare newsroom.db newsroom.db --a-until 2026-11-20 --b-since 2026-11-20',
    )
    .action(run);
}

import { Command, Option } from 'commander';
import type { FlightPlan, Stage } from '../../board/core/stages.ts';
import { resultToWire } from '../../board/transport/wire.ts';
import { type SourceOptions, withSourceOptions } from '../analysis-options.ts';
import { csvText } from '../csv.ts';
import { flightText } from '../flight-text.ts';
import { print, printJson } from '../output.ts';
import { isBoardUrl, openOneBoard, SOURCES_HELP } from '../source.ts';
import { withAnalysis } from '../with-analysis.ts';

type Options = SourceOptions & { readonly json?: boolean; readonly csv?: boolean };

/** A board knows the plan of a task itself, without its whole log. */
async function planOnBoard(url: string, taskId: string, options: Options): Promise<FlightPlan> {
  const board = await openOneBoard(url, options.board);
  try {
    return (await board.flightPlan(taskId)).flight_plan;
  } finally {
    await board.close();
  }
}

function stagesCsv({ stages }: FlightPlan): string {
  const columns = Object.keys(stages[0] ?? {}) as (keyof Stage)[];
  return csvText([columns, ...stages.map(stage => columns.map(name => stage[name]))]);
}

async function run(first: string, rest: readonly string[], options: Options): Promise<void> {
  const [taskId = '', ...others] = rest.toReversed();
  const isOneBoard = others.length === 0 && isBoardUrl(first) && !options.allBoards;
  const flight_plan = isOneBoard
    ? await planOnBoard(first, taskId, options)
    : await withAnalysis([first, ...others.toReversed()], options, analysis => analysis.flightPlan(taskId));
  const wire = resultToWire<'board.flight_plan'>({ flight_plan }).flight_plan as unknown as FlightPlan;
  if (options.json) await printJson(wire);
  else await print(options.csv ? stagesCsv(wire) : flightText(flight_plan));
}

/** `quadro flight SOURCE... TASK_ID` */
export function flightCommand(): Command {
  return withSourceOptions(new Command('flight'))
    .usage('[options] <source...> <task_id>')
    .description("Where one task's time went, stage by stage")
    .argument('<source>', SOURCES_HELP)
    .argument('<task_id...>', 'the task, the last word of the line')
    .option('--json', 'print the flight plan as one JSON object')
    .addOption(new Option('--csv', 'print its stages, one a line').conflicts('json'))
    .addHelpText('after', '\nExample:\n  quadro flight newsroom.db zdv2p')
    .action(run);
}

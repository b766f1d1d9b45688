import { Command } from 'commander';
import { openAnalysis } from '../../analysis/index.ts';
import type { FlightPlan } from '../../board/core/stages.ts';
import { resultToWire } from '../../board/transport/wire.ts';
import { flightText } from '../flight-text.ts';
import { print, printJson } from '../output.ts';
import { openSource, SOURCE_HELP, type Source } from '../source.ts';

async function flightPlanOf(source: Source, taskId: string): Promise<FlightPlan> {
  if (source.kind === 'board') return (await source.board.flightPlan(taskId)).flight_plan;
  const analysis = await openAnalysis(source.path);
  try {
    return await analysis.flightPlan(taskId);
  } finally {
    await analysis.close();
  }
}

async function run(text: string, taskId: string, options: { board?: string; json?: boolean }): Promise<void> {
  const source = await openSource(text, options);
  try {
    const flight_plan = await flightPlanOf(source, taskId);
    if (options.json) await printJson(resultToWire<'board.flight_plan'>({ flight_plan }).flight_plan);
    else await print(flightText(flight_plan));
  } finally {
    await source.close();
  }
}

/** `quadro flight SOURCE TASK_ID` */
export function flightCommand(): Command {
  return new Command('flight')
    .description("Where one task's time went, stage by stage")
    .argument('<source>', SOURCE_HELP)
    .argument('<task_id>', 'the task')
    .option('--board <name>', 'which board, where the database holds several')
    .option('--json', 'print the flight plan as one JSON object')
    .addHelpText('after', '\nExample:\n  quadro flight newsroom.db zdv2p')
    .action(run);
}

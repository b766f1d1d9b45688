import { Command, Option } from 'commander';
import { importReference } from '../../board/import/reference.ts';
import { importEventLog } from '../import-event-log.ts';
import { columnMap, delimiterText, type ImportOptions, importFormatOf, stageKinds } from '../import-options.ts';
import { maskedUrl } from '../masked-url.ts';
import { print, printable, printJson, shellWord } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { BOARD_HELP, backendOf } from '../source.ts';

async function importBoard(file: string, options: ImportOptions): Promise<void> {
  const into = await backendOf(options.into);
  const progress = progressOf('events');
  try {
    const summary = await importReference(file, {
      into,
      ...(options.board !== undefined && { boardId: options.board }),
      signal: interruption(),
      onProgress: ({ done, total }) => progress.update(done, total),
    });
    progress.stop();
    if (options.json) await printJson(summary);
    else {
      const url = maskedUrl(options.into);
      const board = options.board === undefined ? '' : ` --board ${shellWord(options.board)}`;
      await print(
        `Imported ${summary.events} events of ${summary.tasks} tasks into ${url} (board ${printable(summary.board_id)}, ${summary.board_uid}).\n` +
          `The reference implementation logs no Chief cycles, so this board has no sleep study of that time.\n` +
          `Next: quadro check ${shellWord(url)}${board}`,
      );
    }
  } finally {
    progress.stop();
    await into.close();
  }
}

async function run(file: string, options: ImportOptions): Promise<void> {
  if (importFormatOf(file, options) === 'quadro') await importBoard(file, options);
  else await importEventLog(file, options);
}

const EXAMPLES = `
Examples:
  quadro import board.db --into newsroom.db
  quadro import tickets.csv.gz --into tickets.db --map task_id=case_id,status=activity+lifecycle,agent_id=resource,seq=seq
  quadro import machines.csv --into machines.db --map task_id=Case,status=Step,started_at=Start,timestamp=End --time-format 'dd.MM.yyyy HH:mm' --time-zone Europe/Berlin
  quadro import claims.xes.gz --into postgres://quadro@127.0.0.1/boards --board claims

Exit code 1: faulty rows were left out.`;

/** `quadro import FILE --into URL` */
export function importCommand(): Command {
  return new Command('import')
    .description("Import an event log (CSV or XES), or the reference implementation's board.db")
    .argument('<file>', 'the board.db, or a .csv, .tsv or .xes file, gzip or not')
    .requiredOption('--into <url>', `the board to make: ${BOARD_HELP}`)
    .option('--board <name>', 'the name of the board inside that database')
    .addOption(
      new Option('--format <format>', 'what the file is, where its ending does not say').choices([
        'quadro',
        'csv',
        'xes',
      ]),
    )
    .option('--map <field=column,…>', 'event logs: where each field is read; may be repeated', columnMap)
    .option('--delimiter <text>', "csv: what stands between fields; 'tab' is a tab", delimiterText)
    .option('--encoding <name>', 'event logs: the encoding, such as windows-1252; default UTF-8')
    .option('--classifier <name>', 'xes: the classifier that makes the status; default concept:name')
    .option('--time-format <tokens>', "event logs: such as 'dd.MM.yyyy HH:mm:ss' (Luxon); default ISO 8601")
    .option('--time-zone <zone>', 'event logs: of times without an offset, such as Europe/Berlin; default UTC')
    .option('--kind <status=kind>', 'event logs: what a stay in a status is; default wait; may be repeated', stageKinds)
    .option('--open', 'event logs: leave cases open after their last row')
    .option('--strict', 'event logs: stop at the first faulty row, and leave nothing')
    .option('--rejects <file>', 'event logs: where faulty rows are kept; default FILE.rejects.ndjson in this folder')
    .option('--json', 'print what was imported as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

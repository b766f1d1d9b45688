import type { Backend } from '../board/backends/backend.ts';
import { StorageError } from '../board/core/errors.ts';
import type { Columns } from '../board/import/event-log/column-map.ts';
import { type ImportLogSummary, importLog } from '../board/import/event-log/import-log.ts';
import { refuseUsed } from '../board/import/import-target.ts';
import { FoundFaults } from './exit.ts';
import { type ImportOptions, logOptionsOf } from './import-options.ts';
import { maskedUrl } from './masked-url.ts';
import { print, printable, printJson, shellWord } from './output.ts';
import { progressOf } from './progress.ts';
import { interruption } from './signals.ts';
import { backendOf } from './source.ts';

/** Faulty rows that are printed; the rest is in the file. */
const MAX_PRINTED = 10;

/** `quadro import` of an event log. */
export async function importEventLog(file: string, options: ImportOptions): Promise<void> {
  const signal = interruption();
  // Before a long reading, not after it.
  await refuseUsedTarget(options);
  const into = await backendOf(options.into);
  const progress = progressOf('rows');
  try {
    const summary = await importLog(file, {
      ...logOptionsOf(file, options),
      into,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
    progress.stop();
    if (options.json) await printJson(summary);
    else await print(textOf(summary, options));
    if (summary.rejected > 0) throw new FoundFaults();
  } finally {
    progress.stop();
    await into.close();
  }
}

async function refuseUsedTarget({ into, board = 'default' }: ImportOptions): Promise<void> {
  const target: Backend = await backendOf(into, { readOnly: true });
  try {
    await target.open();
    refuseUsed(await target.readBoard(board), board, target.location);
  } catch (error) {
    // What is not there yet, or was made by an older version, cannot be read.
    if (!(error instanceof StorageError && error.code === 'storage_failed')) throw error;
  } finally {
    await target.close();
  }
}

function textOf(summary: ImportLogSummary, options: ImportOptions): string {
  const { events, tasks, agents, statuses, steps, paired, rows, rejected, rejects, rejects_file } = summary;
  const url = shellWord(maskedUrl(options.into));
  const board = options.board === undefined ? '' : ` --board ${shellWord(options.board)}`;
  const shown = rejects.slice(0, MAX_PRINTED);
  return [
    ...shown.map(({ line, reason }) => `line ${line}  ${printable(reason)}`),
    ...(rejected > shown.length ? [`… and ${rejected - shown.length} more`] : []),
    ...(rejected > 0
      ? [`${rejected} of ${counted(rows, 'row')} left out, kept in ${shellWord(printable(rejects_file ?? ''))}`]
      : []),
    `Imported ${counted(events, 'event')} of ${counted(tasks, 'case')} into ${maskedUrl(options.into)} (board ${printable(summary.board_id)}, ${summary.board_uid}): ` +
      `${counted(statuses, 'status', 'statuses')}, ${counted(steps, 'different step')}, ${counted(agents, 'agent')}.`,
    ...(paired > 0 ? [`${counted(paired, 'start')} became part of ${paired === 1 ? 'its' : 'their'} completion.`] : []),
    `Read as ${printable(mapText(summary.map))}`,
    'No lifecycle governs it: it can be read, analysed and exported, not written.',
    `Next: quadro report ${url}${board}`,
  ].join('\n');
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function mapText({ status, attributes, ...single }: Columns): string {
  const fields = Object.entries(single).filter(([, column]) => column !== null);
  const [task, ...rest] = fields.map(([field, column]) => `${field}=${column}`);
  return [
    task,
    `status=${status.join('+')}`,
    ...rest,
    attributes === null ? 'all others as attributes' : `attributes=${attributes.join('+')}`,
  ].join(', ');
}

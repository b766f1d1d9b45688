import { Command } from 'commander';
import type { Backend } from '../../board/backends/backend.ts';
import type { Board } from '../../board/board.ts';
import { ValidationError } from '../../board/core/errors.ts';
import { type CopySummary, copyBoard } from '../../board/index.ts';
import { type CopyProof, proofText, proveCopy } from '../copy-proof.ts';
import { FoundFaults, isInterruption } from '../exit.ts';
import { maskedUrl } from '../masked-url.ts';
import { print, printable, printJson, shellWord, table } from '../output.ts';
import { progressOf } from '../progress.ts';
import { interruption } from '../signals.ts';
import { BOARD_HELP, backendOf, openSource } from '../source.ts';

interface Options {
  readonly into: string;
  readonly board?: string;
  readonly as?: string;
  readonly check: boolean;
  readonly json?: boolean;
}

interface Copy {
  readonly url: string;
  readonly source: Board;
  readonly into: Backend;
  readonly options: Options;
  readonly signal: AbortSignal;
}

async function openBoardOnly(url: string, board: string | undefined): Promise<Board> {
  const source = await openSource(url, { board });
  if (source.kind === 'board') return source.board;
  await source.close();
  throw new ValidationError(
    'invalid_source',
    `${url} is an exported log, which is not all of a board: give ${BOARD_HELP}`,
  );
}

async function copy({ source, into, options, signal }: Copy): Promise<CopySummary> {
  const { backend, boardId } = source;
  const intoBoardId = options.as ?? boardId;
  if (backend.location === into.location && intoBoardId === boardId) {
    throw new ValidationError(
      'invalid_source',
      `The board ${boardId} cannot be copied onto itself: name the copy with --as`,
    );
  }
  const progress = progressOf('rows');
  try {
    return await copyBoard({
      from: backend,
      into,
      boardId,
      intoBoardId,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } catch (error) {
    if (!isInterruption(error)) throw error;
    throw new Error('interrupted; the same quadro copy again goes on where this one stopped', { cause: error });
  } finally {
    progress.stop();
  }
}

function copyText({ url, source, options }: Copy, summary: CopySummary, proof: CopyProof | null): string {
  const { board_id, board_uid, rows, resumed, was_complete } = summary;
  const [from, into] = [shellWord(maskedUrl(url)), shellWord(maskedUrl(options.into))];
  const names = `board ${printable(board_id)}, ${board_uid}`;
  const done = was_complete
    ? `${into} holds the whole copy already (${names}): nothing was written.`
    : `${resumed ? 'Finished the copy of' : 'Copied'} ${from} to ${into} (${names}).`;
  const isNamed = options.as !== undefined || options.board !== undefined;
  const wantsName = isNamed || source.boardId !== 'default';
  return [
    ...(was_complete ? [] : [table(['table', 'rows'], Object.entries(rows))]),
    done,
    proofText(proof, from),
    `Next: quadro check ${into}${wantsName ? ` --board ${printable(shellWord(board_id))}` : ''}`,
  ].join('\n');
}

async function run(url: string, options: Options): Promise<void> {
  const source = await openBoardOnly(url, options.board);
  try {
    const into = await backendOf(options.into);
    try {
      const job: Copy = { url, source, into, options, signal: interruption() };
      const summary = await copy(job);
      const proof = options.check ? await proveCopy(source, into, summary.board_id, job.signal) : null;
      if (options.json) await printJson({ ...summary, check: proof });
      else await print(copyText(job, summary, proof));
      if (proof !== null && !(proof.equal && proof.source.ok)) throw new FoundFaults();
    } finally {
      await into.close();
    }
  } finally {
    await source.close();
  }
}

/** `quadro copy SOURCE --into URL` */
export function copyCommand(): Command {
  return new Command('copy')
    .description(
      'Copy a board into another database, with its numbers, times and logs as they are; stopped, it goes on',
    )
    .argument('<source>', `a board (${BOARD_HELP})`)
    .requiredOption('--into <url>', `where to: ${BOARD_HELP}`)
    .option('--board <name>', 'which board, where the database holds several')
    .option('--as <name>', 'the name of the copy; default the same')
    .option('--no-check', 'leave out the check that both sides are the same')
    .option('--json', 'print what was copied as one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  quadro copy newsroom.db --into postgres://quadro@127.0.0.1/boards\n  quadro copy newsroom.db --into copy.db --as archive',
    )
    .action(run);
}

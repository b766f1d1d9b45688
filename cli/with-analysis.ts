import { type Analysis, type AnalysisSource, openAnalysis, type Report } from '../analysis/index.ts';
import type { Board } from '../board/board.ts';
import type { SourceOptions } from './analysis-options.ts';
import { type Progress, progressOf } from './progress.ts';
import { interruption } from './signals.ts';
import { checkLogSource, isBoardUrl, openAllBoards, openOneBoard } from './source.ts';

/** Opens the boards of a SOURCE, or answers its path where it is an exported log. */
async function openOne(text: string, options: SourceOptions, boards: Board[]): Promise<readonly AnalysisSource[]> {
  if (!isBoardUrl(text)) {
    await checkLogSource(text, options.board);
    return [text];
  }
  const opened = options.allBoards ? await openAllBoards(text) : [await openOneBoard(text, options.board)];
  boards.push(...opened);
  return opened;
}

/** Opens every SOURCE for questions, as one log, asks them, and closes everything. */
export async function withAnalysis<Answer>(
  texts: readonly string[],
  options: SourceOptions,
  ask: (analysis: Analysis, progress: Progress) => Promise<Answer>,
): Promise<Answer> {
  const { cache, memoryLimit, spill, threads, grace } = options;
  const boards: Board[] = [];
  const progress = progressOf('rows');
  try {
    const sources: AnalysisSource[] = [];
    for (const text of texts) sources.push(...(await openOne(text, options, boards)));
    const analysis = await openAnalysis(sources, {
      ...(cache !== undefined && { databaseFile: cache }),
      ...(memoryLimit !== undefined && { memoryLimit }),
      ...(spill !== undefined && { tempDirectory: spill }),
      ...(threads !== undefined && { threads }),
      ...(grace !== undefined && { settings: { dispatchGraceSeconds: grace } }),
      signal: interruption(),
      onProgress: ({ table, rows, expected, share }) =>
        share === null
          ? progress.update(rows, expected)
          : progress.update(Math.round(share * 100), 100, `percent of ${table}`),
    });
    try {
      return await ask(analysis, progress);
    } finally {
      progress.stop();
      await analysis.close();
    }
  } finally {
    progress.stop();
    for (const board of boards) await board.close();
  }
}

/** Every analysis of the sources, telling how far it is. */
export function reportOf(texts: readonly string[], options: SourceOptions): Promise<Report> {
  return withAnalysis(texts, options, (analysis, progress) =>
    analysis.report({ onProgress: ({ done, total }) => progress.update(done, total, 'analyses') }),
  );
}

import { type Analysis, openAnalysis } from '../analysis/index.ts';
import { progressOf } from './progress.ts';
import { interruption } from './signals.ts';
import { openSource } from './source.ts';

/** What the commands that ask a log are told. */
export interface AskOptions {
  readonly board?: string | undefined;
  /** How long work may be stranded before it is a dispatch failure, in seconds. */
  readonly grace?: number | undefined;
}

/** Opens SOURCE for questions, asks them, and closes everything. */
export async function withAnalysis<Answer>(
  text: string,
  options: AskOptions,
  ask: (analysis: Analysis) => Promise<Answer>,
): Promise<Answer> {
  const source = await openSource(text, options);
  const progress = progressOf('rows');
  try {
    const analysis = await openAnalysis(source.kind === 'log' ? source.path : source.tables, {
      signal: interruption(),
      onProgress: ({ rows, expected }) => progress.update(rows, expected),
      ...(options.grace !== undefined && { settings: { dispatchGraceSeconds: options.grace } }),
    });
    progress.stop();
    try {
      return await ask(analysis);
    } finally {
      await analysis.close();
    }
  } finally {
    progress.stop();
    await source.close();
  }
}

import type { SpanVerification } from '../exporters/otel/index.ts';
import { loadOtel } from './load-otel.ts';
import { progressOf } from './progress.ts';
import type { Source } from './source.ts';
import { headersOf, type SpanOptions, selectionOf } from './span-options.ts';

/** Compares the spans of a source with the file or URL of `--verify`. */
export async function verifySource(
  source: Source,
  received: string,
  options: SpanOptions,
  signal: AbortSignal,
): Promise<SpanVerification> {
  const { verifySpans } = await loadOtel();
  const progress = progressOf('spans read and compared');
  try {
    return await verifySpans(source.tables, received, {
      ...selectionOf(options),
      headers: headersOf(options.header),
      signal,
      onProgress: ({ received: read, expected }) => progress.update(read + expected),
    });
  } finally {
    progress.stop();
  }
}

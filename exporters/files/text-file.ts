import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Text is gathered to pieces of this size before it is written. */
const PIECE_CHARACTERS = 1 << 18;

async function* pieces(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

/** Writes texts to a new file as UTF-8, or as gzip of it, no faster than the disk takes them. */
export async function writeTextFile(
  path: string,
  texts: AsyncIterable<string>,
  options: { readonly gzip: boolean; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const target = createWriteStream(path, { flags: 'wx' });
  const source = Readable.from(pieces(texts), { objectMode: true });
  const { signal } = options;
  if (options.gzip) await pipeline(source, createGzip(), target, { ...(signal && { signal }) });
  else await pipeline(source, target, { ...(signal && { signal }) });
}

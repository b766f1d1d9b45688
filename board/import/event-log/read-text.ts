import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { ConfigurationError, errorOf, QuadroError } from '../../core/errors.ts';

/** How a file's text is read. */
export interface ReadTextOptions {
  /** Its encoding, by a name that the WHATWG knows, such as `windows-1252`. Default: as `declared` says, else UTF-8. */
  readonly encoding?: string | undefined;
  /** The encoding that the first bytes of the unpacked file name, if they do. */
  readonly declared?: (start: Buffer) => string | null;
  readonly signal?: AbortSignal | undefined;
}

/** Byte order marks, which win over whatever is named. */
const MARKS: readonly (readonly [encoding: string, mark: Buffer])[] = [
  ['utf-8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['utf-16le', Buffer.from([0xff, 0xfe])],
  ['utf-16be', Buffer.from([0xfe, 0xff])],
];

/**
 * The text of a file in pieces, unpacked where it is gzip, without its byte order mark.
 *
 * @throws ValidationError (`invalid_source`) where it cannot be read, unpacked or is in another encoding; the signal's reason
 */
export async function* readText(file: string, options: ReadTextOptions = {}): AsyncGenerator<string> {
  const { encoding, declared, signal } = options;
  let decoder: TextDecoder | null = null;
  try {
    for await (const chunk of await bytesOf(file)) {
      signal?.throwIfAborted();
      const bytes = chunk as Buffer;
      decoder ??= decoderOf(encodingOf(bytes, encoding ?? declared?.(bytes) ?? 'utf-8'));
      yield decoder.decode(bytes, { stream: true });
    }
    yield decoder?.decode() ?? '';
  } catch (error) {
    throw signal?.aborted || error instanceof QuadroError ? error : readingError(file, error, decoder);
  }
}

async function bytesOf(file: string): Promise<AsyncIterable<unknown>> {
  const handle = await open(file);
  const magic = Buffer.alloc(2);
  try {
    await handle.read(magic, 0, 2, 0);
  } finally {
    await handle.close();
  }
  const stream = createReadStream(file);
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return stream;
  // What goes wrong is thrown by the reading of its end.
  return pipeline(stream, createGunzip(), () => undefined);
}

function encodingOf(start: Buffer, named: string): string {
  const marked = MARKS.find(([, mark]) => start.subarray(0, mark.length).equals(mark));
  return marked?.[0] ?? named;
}

function decoderOf(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new ConfigurationError(
      'invalid_configuration',
      `encoding: there is no encoding ${encoding}: give one such as windows-1252`,
      { cause },
    );
  }
}

function readingError(file: string, cause: unknown, decoder: TextDecoder | null): QuadroError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT') return errorOf('invalid_source', `There is no file ${file}: check the path`, { cause });
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return errorOf(
      'invalid_source',
      `${file} is not in ${decoder?.encoding}: name its encoding, such as windows-1252`,
      { cause },
    );
  }
  const what = code.startsWith('Z_') ? 'cannot be unpacked' : 'cannot be read';
  return errorOf('invalid_source', `${file} ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

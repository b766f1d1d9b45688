import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { QuadroError } from '../../board/core/errors.ts';
import { loadSerializer } from './load-serializer.ts';
import type { SpanSink } from './sink.ts';

/**
 * Writes one OTLP JSON request a line, into a file beside the named one that takes its place once all is written: a reader
 * never sees half an export. What is there and is no file, such as `/dev/null` or a pipe, is written to as it is: it must not
 * be replaced.
 */
export function fileSink(path: string): SpanSink {
  const temporary = `${path}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`;
  let opened: Promise<{ readonly handle: FileHandle; readonly isReplacing: boolean }> | undefined;
  const openOnce = async (): Promise<{ handle: FileHandle; isReplacing: boolean }> => {
    const isReplacing = (await stat(path).catch(() => null))?.isFile() ?? true;
    return { handle: await open(isReplacing ? temporary : path, isReplacing ? 'wx' : 'w'), isReplacing };
  };
  const file = () => {
    opened ??= openOnce();
    return opened;
  };
  return {
    location: path,
    async open() {
      await loadSerializer('http/json');
    },
    async send(spans) {
      try {
        const serializer = await loadSerializer('http/json');
        const line = serializer.serializeRequest(spans) ?? new Uint8Array();
        const { handle } = await file();
        await handle.writeFile(Buffer.concat([line, NEWLINE]));
        return { status: 'sent', rejected: 0 };
      } catch (error) {
        return { status: 'refused', error: notWritten(path, error) };
      }
    },
    async complete() {
      try {
        const { handle, isReplacing } = await file();
        if (!isReplacing) return;
        await handle.sync();
        await rename(temporary, path);
      } catch (error) {
        throw notWritten(path, error);
      }
    },
    async close() {
      const made = await opened?.catch(() => null);
      await made?.handle.close();
      // After `complete` it is no longer there; where its folder cannot be used, `send` has said so.
      await rm(temporary, { force: true }).catch(() => undefined);
    },
  };
}

const NEWLINE = Buffer.from('\n');

function notWritten(path: string, error: unknown): QuadroError {
  if (error instanceof QuadroError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new QuadroError('storage_failed', `The spans could not be written to ${path}: ${reason}`, { cause: error });
}

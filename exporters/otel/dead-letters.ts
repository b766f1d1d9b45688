import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { QuadroError } from '../../board/core/errors.ts';
import { syncFolder } from '../feed/sync-folder.ts';
import { loadSerializer, type SpanSerializer } from './load-serializer.ts';

/** A span that a receiver refuses for itself, and why. */
export interface DeadLetter {
  readonly span: ReadableSpan;
  /** The receiver's words. */
  readonly reason: string;
  /** Its HTTP status. */
  readonly status: number;
  /** When, as ISO 8601. */
  readonly refused_at: string;
  /** Which receiver. */
  readonly location: string;
}

/** Where such spans are kept. */
export interface DeadLetters {
  /** Resolves once they are on the disk. @throws QuadroError `storage_failed`. */
  add(letters: readonly DeadLetter[]): Promise<void>;
  /** Lets go of the file. */
  close(): Promise<void>;
}

const NEWLINE = 0x0a;

/**
 * Appends to a file, a line a span: an OTLP JSON request `{"resourceSpans":[…],"quadro":{…}}` that can be sent again as it is,
 * since receivers ignore names they do not know. A kill may leave a torn last line: the next line begins on a line of its
 * own, and the torn one's span, whose delivery was not noted, comes again in whole. The file appears with its first span.
 */
export function deadLetterFile(path: string): DeadLetters {
  let opened: Promise<FileHandle> | undefined;
  return {
    async add(letters) {
      try {
        const serializer = await loadSerializer('http/json');
        opened ??= openAtLineStart(path);
        const file = await opened;
        // One write a line: another exporter may append to the same file.
        for (const letter of letters) await file.appendFile(lineOf(letter, serializer));
        await file.sync();
      } catch (error) {
        throw notWritten(path, error);
      }
    },
    async close() {
      const file = await opened?.catch(() => null);
      await file?.close();
    },
  };
}

async function openAtLineStart(path: string): Promise<FileHandle> {
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const last = new Uint8Array(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    if (size > 0 && last[0] !== NEWLINE) await file.appendFile('\n');
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function lineOf({ span, ...why }: DeadLetter, serializer: SpanSerializer): string {
  const request = Buffer.from(serializer.serializeRequest([span]) ?? []).toString('utf8');
  return `${request.slice(0, -1)},"quadro":${JSON.stringify(why)}}\n`;
}

function notWritten(path: string, error: unknown): QuadroError {
  if (error instanceof QuadroError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new QuadroError('storage_failed', `A refused span could not be set aside in ${path}: ${reason}`, {
    cause: error,
  });
}

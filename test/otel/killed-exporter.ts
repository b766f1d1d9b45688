import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { OtlpReceiver, ReceivedSpan } from './otlp-receiver.ts';

/** Starts a process that exports the spans of a board (its file or URL) to the receiver, from the cursor kept with it. */
function startExporter(source: string, receiver: OtlpReceiver, deadLetterFile = ''): ChildProcess {
  const script = join(import.meta.dirname, 'export-child.ts');
  return spawn(process.execPath, [script, source, receiver.url, deadLetterFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/**
 * Exports a board's spans by a process that is killed as soon as the receiver has taken `killAt[0]` spans, started again,
 * killed at `killAt[1]`, …, and at last left alone.
 */
export async function exportKilled(
  source: string,
  receiver: OtlpReceiver,
  killAt: readonly number[],
  deadLetterFile?: string,
): Promise<void> {
  for (const spans of killAt) {
    const victim = startExporter(source, receiver, deadLetterFile);
    receiver.onRequest = taken => void (taken >= spans && victim.kill('SIGKILL'));
    expect(await once(victim, 'exit')).toEqual([null, 'SIGKILL']);
  }
  receiver.onRequest = () => {};
  expect(await once(startExporter(source, receiver, deadLetterFile), 'exit')).toEqual([0, null]);
}

/** Spans by their ids; of repeats the last. */
export function byId(spans: readonly ReceivedSpan[]): Map<string, ReceivedSpan> {
  return new Map(spans.map(span => [`${span.traceId} ${span.spanId}`, span]));
}

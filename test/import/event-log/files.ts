import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { sqlite } from '../../../board/backends/sqlite/index.ts';
import type { Board } from '../../../board/board.ts';
import type { Event } from '../../../board/core/records.ts';
import { type ImportLogOptions, type ImportLogSummary, importLog, openBoard } from '../../../board/index.ts';
import { tempDir } from '../../support/temp.ts';

/** A file of the test that runs; one whose name ends in `.gz` is packed. */
export function fileOf(name: string, content: string | Buffer): string {
  const path = join(tempDir(), name);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(content) : content);
  return path;
}

/** What an import brought, and the board that it made, closed with the test. */
export interface Imported {
  readonly summary: ImportLogSummary;
  readonly board: Board;
  readonly events: readonly Event[];
}

/** Imports into a board in memory. */
export async function imported(file: string, options: Partial<ImportLogOptions> = {}): Promise<Imported> {
  const into = sqlite({ file: ':memory:' });
  const summary = await importLog(file, { into, ...options });
  const board = await openBoard({ backend: into });
  onTestFinished(() => board.close());
  return { summary, board, events: await board.events(0, 100_000) };
}

/** An XES document with these traces and, before them, what the log says of itself. */
export function xes(traces: string, head = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">
${head}
${traces}
</log>
`;
}

/** An event of XES. */
export function xesEvent(name: string, time: string, more = ''): string {
  return `<event><string key="concept:name" value="${name}"/><date key="time:timestamp" value="${time}"/>${more}</event>`;
}

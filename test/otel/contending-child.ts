/**
 * A process that exports a board's spans, of which a test runs several. Arguments: the board's file or URL, the receiver's
 * URL, and the JSON of a `ContenderOptions`. Its name goes with every request; it prints what it goes through, a line each.
 */
import { openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import { defaultCursorStore } from '../../exporters/feed/index.ts';
import { destinationOf, exportSpans } from '../../exporters/otel/index.ts';
import type { ContenderLine, ContenderOptions } from './contender.ts';

const [, , source = '', url = '', json = ''] = process.argv;
const { name, follow, leaseSeconds } = JSON.parse(json) as ContenderOptions;
const backend = await backendOf(source, { readOnly: true });
const board = await openBoard({ backend, readOnly: true });
const cursorStore = defaultCursorStore(backend, await board.board(), destinationOf({ url }));
if (cursorStore === null) throw new Error(`${backend.location} keeps no cursor`);
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const say = (line: ContenderLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
try {
  const { spans, cursor } = await exportSpans(board, {
    url,
    cursorStore,
    follow,
    leaseSeconds,
    signal: stop.signal,
    headers: { 'x-exporter': name },
    batchSize: 20,
    saveEveryMs: 0,
    pollMs: 20,
    onProgress: progress => say({ at: 'progress', waiting: progress.waiting?.reason ?? null }),
  });
  say({ at: 'end', spans, events: cursor.events });
} catch (error) {
  const { code = '', message } = error as { readonly code?: string; readonly message: string };
  say({ at: 'error', code, message });
} finally {
  await board.close();
}

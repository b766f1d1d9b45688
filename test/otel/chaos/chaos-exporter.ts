/**
 * A process that follows a board and sends its spans, of which a test kills one after the other. It begins when it is told
 * `go`, and ends with the log when it is told `drain`. Of the time that it waits between attempts a thousandth passes. Its
 * argument: the JSON of an `ExporterJob`.
 */
import { flushCompileCache } from 'node:module';
import { openBoard } from '../../../board/index.ts';
import { backendOf } from '../../../cli/source.ts';
import { pause } from '../../../exporters/feed/pause.ts';
import { followSpans } from '../../../exporters/otel/index.ts';
import type { ExporterJob, ExporterWord } from './exporter-words.ts';

const { source, name, ...options } = JSON.parse(process.argv[2] ?? '') as ExporterJob;
const say = (word: ExporterWord): void => void process.send?.(word);
const told = Promise.withResolvers<void>();
const drain = new AbortController();
process.once('disconnect', () => process.exit());
process.on('message', word => (word === 'go' ? told.resolve() : drain.abort()));
// Who is killed writes nothing at its end.
flushCompileCache();
await told.promise;
const board = await openBoard({ backend: await backendOf(source, { readOnly: true }), readOnly: true });
const summary = await followSpans(board, {
  ...options,
  headers: { 'x-exporter': name },
  compression: 'gzip',
  // Whoever was killed has its lease for so long.
  leaseSeconds: 0.5,
  batchSize: 20,
  saveEveryMs: 5,
  pollMs: 20,
  restartMs: 50,
  drain: drain.signal,
  async wait(ms, ...signals) {
    await pause(ms / 1000, ...signals);
    say({ at: 'waited', ms });
  },
  onProgress: ({ rejected, rejected_message, dead_lettered, waiting }) =>
    say({ at: 'progress', rejected, rejected_message, dead_lettered, waiting }),
  onError: ({ code, message }) => say({ at: 'failed', code, message }),
});
await board.close();
say({ at: 'end', events: summary.cursor.events });
process.disconnect();

/**
 * A process that exports a board's spans; tests kill it. Arguments: the board's file or URL, the receiver's URL, and a
 * dead-letter file, if there is one.
 */
import { openBoard } from '../../board/index.ts';
import { backendOf } from '../../cli/source.ts';
import { defaultCursorStore } from '../../exporters/feed/index.ts';
import { destinationOf, exportSpans } from '../../exporters/otel/index.ts';

const [, , source = '', url = '', deadLetterFile = ''] = process.argv;
const backend = await backendOf(source, { readOnly: true });
const board = await openBoard({ backend, readOnly: true });
const cursorStore = defaultCursorStore(backend, await board.board(), destinationOf({ url }));
if (cursorStore === null) throw new Error(`${backend.location} keeps no cursor`);
const summary = await exportSpans(board, {
  url,
  cursorStore,
  // Whoever was killed has its lease for so long.
  leaseSeconds: 1,
  follow: false,
  batchSize: 20,
  saveEveryMs: 5,
  ...(deadLetterFile !== '' && { deadLetterFile }),
});
await board.close();
console.log(JSON.stringify(summary));

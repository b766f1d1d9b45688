/**
 * A process that follows a board's log and prints the number of each event, until it is told to stop and has read to the end.
 *
 *     node tailing-reader.ts BOARD_URL
 */
import { openBoard } from '../../board/open-board.ts';
import { feed } from '../../exporters/feed/index.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';

const drain = new AbortController();
process.stdin.once('data', () => {
  process.stdin.destroy();
  drain.abort();
});
const board = await openBoard({ backend: backendOfUrl(process.argv[2] ?? ''), readOnly: true });
process.stdout.write('ready\n');
for await (const { events } of feed(board, { drain: drain.signal, pollMs: 20 })) {
  process.stdout.write(events.map(event => `${event.sequence_id}\n`).join(''));
}
await board.close();

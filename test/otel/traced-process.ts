/**
 * A process that works on a board while it is traced, closes the board, and has nothing more to do: it must end by itself.
 * Arguments: the board's file or URL, the receiver's URL.
 */
import { backendOf } from '../../cli/source.ts';
import { traceBoard } from '../../exporters/otel/index.ts';
import { testBoard, work } from './worked-board.ts';

const [, , source = '', url = ''] = process.argv;
const board = await testBoard('', await backendOf(source));
const tracing = traceBoard(board, { url, stopWithinMs: Number.POSITIVE_INFINITY });
await work(board, 20);
await board.close();
process.once('exit', () => console.log('ended by itself'));
console.log(JSON.stringify(await tracing.stop()));
// Nobody stops this one.
traceBoard(board, { url });

/**
 * A process that works on a board while it is traced, closes the board, and has nothing more to do: it must end by itself.
 * Arguments: the board's file or URL, the receiver's URL. Prints the summary, with the names of threads that are nicer than the
 * board's on Linux.
 */
import { backendOf } from '../../cli/source.ts';
import { traceBoard } from '../../exporters/otel/index.ts';
import { nicerThreads } from '../support/nicer-threads.ts';
import { testBoard, work } from './worked-board.ts';

const [, , source = '', url = ''] = process.argv;
const board = await testBoard('', await backendOf(source));
const begun = Promise.withResolvers<void>();
const onProgress = (): void => begun.resolve();
const tracing = traceBoard(board, { url, stopWithinMs: Number.POSITIVE_INFINITY, onProgress, onError: onProgress });
await work(board, 20);
await begun.promise;
const nicer = process.platform === 'linux' ? nicerThreads() : [];
await board.close();
process.once('exit', () => console.log('ended by itself'));
console.log(JSON.stringify({ ...(await tracing.stop()), nicer }));
// Nobody stops this one.
traceBoard(board, { url });

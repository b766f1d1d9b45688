/** A collector in a thread of its own: it takes spans while the thread that started it stands still. */
import { parentPort, workerData } from 'node:worker_threads';
import { otlpReceiver } from './otlp-receiver.ts';

const taken = new Int32Array(workerData as SharedArrayBuffer);
const receiver = await otlpReceiver();
setInterval(() => {
  Atomics.store(taken, 0, receiver.spans.length);
  Atomics.notify(taken, 0);
}, 10);
parentPort?.postMessage(receiver.url);

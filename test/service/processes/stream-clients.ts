/**
 * Many clients of an event stream in a process of their own. Every third is slow: it stops reading after its first event, and
 * goes on, where it left off, when it is told to. Of the others most want memos only, and every tenth all there is.
 *
 *     node stream-clients.ts PORT COUNT
 *
 * It tells again and again up to which event those have read that want all and are not slow. Told `resume`, the slow ones read what there is, and connect
 * again when it ends; told a number, they all wait for that event, and it answers what they have.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SseClient } from '../sse-client.ts';

const [, , port = '', count = ''] = process.argv;

/** What a client has: its ids must go up by one, and its data make the digest of the log. */
interface Reader {
  readonly isSlow: boolean;
  readonly wantsAll: boolean;
  isStopped: boolean;
  client: SseClient;
  last: number;
  gaps: number;
  cuts: number;
  readonly digest: ReturnType<typeof createHash>;
}

function connect(reader: Omit<Reader, 'client'>): SseClient {
  const client = new SseClient(
    {
      port,
      path: reader.wantsAll ? '/?since=0' : '/?since=0&task_type=memo',
      headers: reader.last === 0 ? {} : { 'Last-Event-ID': String(reader.last) },
    },
    ({ id, data }) => {
      // Kept nowhere: a thousand clients with every event are no test of the server's memory.
      client.events.length = 0;
      if (reader.wantsAll ? id !== reader.last + 1 : id <= reader.last) reader.gaps++;
      reader.last = id;
      reader.digest.update(data);
      if (reader.isStopped) client.pause();
    },
  );
  return client;
}

const readers = Array.from({ length: Number(count) }, (_, index): Reader => {
  const isSlow = index % 3 === 0;
  const wantsAll = isSlow || index % 10 === 1;
  const reader = { isSlow, wantsAll, isStopped: isSlow, last: 0, gaps: 0, cuts: 0, digest: createHash('sha256') };
  return Object.assign(reader, { client: connect(reader) });
});

async function caughtUp(end: number): Promise<void> {
  for (const reader of readers) while (reader.last < end) await sleep(20);
}

function report(): void {
  const tell = ({ isSlow, wantsAll, last, gaps, cuts, digest }: Reader) => ({
    isSlow,
    wantsAll,
    last,
    gaps,
    cuts,
    digest: digest.copy().digest('hex'),
  });
  process.send?.(readers.map(tell));
}

const others = readers.filter(({ isSlow, wantsAll }) => wantsAll && !isSlow);
const telling = setInterval(() => process.send?.(Math.min(...others.map(({ last }) => last))), 50);

/** Heartbeats come every two seconds. A connection whose end the kernel had no memory left to tell of is silent for ever. */
const SILENT_MS = 15_000;

/** Goes on wherever its connection ends, and ends it itself where nothing comes any more, as a client should. */
function follow(reader: Reader): void {
  const { client } = reader;
  const watching = setInterval(() => {
    if (performance.now() - client.heardAt > SILENT_MS) client.close();
  }, 1_000);
  void client.ended.then(() => {
    clearInterval(watching);
    reader.cuts++;
    reader.client = connect(reader);
    follow(reader);
  });
}

process.on('message', (message: 'resume' | number) => {
  if (message === 'resume') {
    for (const reader of readers.filter(({ isSlow }) => isSlow)) {
      reader.isStopped = false;
      reader.client.resume();
      follow(reader);
    }
    return;
  }
  clearInterval(telling);
  void caughtUp(message).then(report);
});

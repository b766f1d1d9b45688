import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, OUTAGE_KILLS, POISON_KILLS, type Step } from './chaos-plan.ts';
import { type WireForm, wireForms } from './wire-form.ts';

/** What it does with a request for what is in it, always. */
export interface Rules {
  /** More spans than this in a request are 413. */
  readonly maxSpans: number;
  /** A span that makes a request 400. */
  readonly isPoison: (span: WireForm) => boolean;
  /** Spans that a partial success refuses. */
  readonly isRejected: (span: WireForm) => boolean;
}

/** What it needs of the test. */
export interface ReceiverOptions extends Rules {
  readonly plan: readonly Step[];
  /** Kills the exporter; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** Rounds of work that the board has answered: an outage lasts at least until it has answered another whole one. */
  readonly rounds: () => number;
}

/** What happened to requests, how often. */
export type Happening = Fault | 'taken' | 'too_large' | 'poison' | 'poison_alone' | 'partial';

/** A receiver that goes through a plan of faults, and keeps what it took. */
export interface ChaosReceiver {
  readonly url: string;
  /** In order of arrival, repeats included. */
  readonly taken: readonly WireForm[];
  /** Refused by partial successes. */
  readonly rejected: readonly WireForm[];
  /** Who sent each request, in order. */
  readonly senders: readonly string[];
  readonly happened: Readonly<Partial<Record<Happening, number>>>;
  /** What must still happen before all is over. */
  readonly toCome: readonly string[];
  /** Tells it that the exporter has waited. */
  waited(ms: number): void;
  close(): Promise<void>;
}

/** Says nothing, asks for seconds, says nothing in another way, and asks for a date, in turn. */
function awayAnswer(count: number): { status: number; headers: Record<string, string> } {
  const kind = count % 4;
  if (kind === 1) return { status: 503, headers: { 'retry-after': '40' } };
  if (kind === 3) {
    return { status: 503, headers: { 'retry-after': new Date(Date.now() + 35_000).toUTCString() } };
  }
  return { status: kind === 0 ? 503 : 429, headers: {} };
}

/** An outage lasts so long in time that the exporter waits. */
const OUTAGE_MS = 600_000;

/** Starts one on a free port. */
export async function chaosReceiver(options: ReceiverOptions): Promise<ChaosReceiver> {
  const { maxSpans, isPoison, isRejected, kill } = options;
  const plan = [...options.plan];
  const [taken, rejected, senders]: [WireForm[], WireForm[], string[]] = [[], [], []];
  const happened: Partial<Record<Happening, number>> = {};
  const outageKills = [...OUTAGE_KILLS];
  let calm = plan[0]?.calm ?? 0;
  let outage: { waitedMs: number; readonly since: number } | null = null;

  const note = (what: Happening): number => {
    happened[what] = (happened[what] ?? 0) + 1;
    return happened[what];
  };
  const next = (): void => {
    plan.shift();
    calm = plan[0]?.calm ?? 0;
  };
  const isOutage = (): boolean => {
    if (outage !== null && outage.waitedMs >= OUTAGE_MS && options.rounds() > outage.since + 1) {
      outage = null;
      next();
    }
    return outage !== null;
  };

  async function handle(message: IncomingMessage, answer: ServerResponse): Promise<void> {
    senders.push(String(message.headers['x-exporter']));
    const isAway = isOutage();
    const step = calm > 0 || isAway ? undefined : plan[0];
    if (step?.fault === 'half_read') return halfRead(message, step);
    const spans = wireForms(message.headers, await bodyOf(message));
    if (isAway) return away(answer);
    // A fault that takes the spans waits for a request of which everything may be taken.
    const isClean =
      spans.length > 0 && spans.length <= maxSpans && !spans.some(each => isPoison(each) || isRejected(each));
    if (step === undefined || (!isClean && isTaking(step.fault))) {
      calm = Math.max(0, calm - 1);
      return judge(spans, message, answer);
    }
    if (step.fault === 'outage') {
      outage = { waitedMs: 0, since: options.rounds() };
      return away(answer);
    }
    next();
    note(step.fault);
    if (isTaking(step.fault)) taken.push(...spans);
    await misbehave(step, message, answer);
  }

  async function halfRead(message: IncomingMessage, { isDeadly }: Step): Promise<void> {
    next();
    const length = Number(message.headers['content-length']);
    while (message.read(Math.floor(length / 2)) === null) await once(message, 'readable');
    note('half_read');
    if (isDeadly) await kill();
    message.socket.resetAndDestroy();
  }

  function away(answer: ServerResponse): void {
    const { status, headers } = awayAnswer(note('outage'));
    answer.writeHead(status, headers).end();
  }

  async function misbehave({ fault, isDeadly }: Step, message: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { socket } = message;
    const type = String(message.headers['content-type']);
    if (fault === 'error') return void answer.writeHead(500).end('out of luck');
    if (fault === 'cut_answer') answer.writeHead(200, { 'content-type': type, 'content-length': 20 }).write('{');
    if (fault === 'answered') answer.writeHead(200, { 'content-type': type }).end(emptyAnswer(type));
    if (isDeadly) await kill();
    if (fault === 'slow' && !socket.destroyed) await once(socket, 'close');
    if (fault === 'drip') await drip(answer, type);
    if (fault === 'reset_before' || fault === 'reset_after') socket.resetAndDestroy();
    else socket.destroy();
  }

  async function judge(spans: readonly WireForm[], message: IncomingMessage, answer: ServerResponse): Promise<void> {
    const type = String(message.headers['content-type']);
    if (spans.length > maxSpans) {
      note('too_large');
      return void answer.writeHead(413).end('too much');
    }
    if (spans.some(isPoison)) {
      note('poison');
      const alone = spans.length === 1 ? note('poison_alone') : 0;
      if (alone === POISON_KILLS.untold) await kill();
      answer.writeHead(400).end('one of these I cannot take');
      if (alone === POISON_KILLS.told) await kill();
      return;
    }
    const refused = spans.filter(isRejected);
    taken.push(...spans.filter(each => !isRejected(each)));
    rejected.push(...refused);
    note(refused.length > 0 ? 'partial' : 'taken');
    answer.writeHead(200, { 'content-type': type }).end(partialAnswer(type, refused.length));
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (message, answer) => {
    handle(message, answer).catch(error => {
      // A killed exporter leaves its requests in halves.
      if (!message.socket.destroyed) answer.destroy(error);
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    taken,
    rejected,
    senders,
    happened,
    get toCome() {
      const isKilled = (happened.poison_alone ?? 0) >= POISON_KILLS.told;
      return [
        ...plan.map(({ fault }) => fault),
        ...(isKilled ? [] : ['poison']),
        ...(rejected.length > 1 ? [] : ['partial']),
      ];
    },
    waited(ms) {
      if (outage === null) return;
      outage.waitedMs += ms;
      if (outage.waitedMs < (outageKills[0] ?? Number.POSITIVE_INFINITY)) return;
      outageKills.shift();
      void kill();
    },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isTaking(fault: Fault): boolean {
  return ['slow', 'drip', 'reset_after', 'cut_answer', 'answered'].includes(fault);
}

async function bodyOf(message: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A byte now and then, until the other side has had enough. */
async function drip(answer: ServerResponse, type: string): Promise<void> {
  answer.writeHead(200, { 'content-type': type, 'content-length': 100_000 });
  while (!answer.destroyed) {
    answer.write(' ');
    await sleep(20);
  }
}

function emptyAnswer(type: string): string {
  return type.includes('json') ? '{}' : '';
}

/** An `ExportTraceServiceResponse` with a partial success, if anything was refused. */
function partialAnswer(type: string, refused: number): string | Uint8Array {
  const words = 'not these';
  if (refused === 0) return emptyAnswer(type);
  if (type.includes('json')) {
    return JSON.stringify({ partialSuccess: { rejectedSpans: String(refused), errorMessage: words } });
  }
  const partial = [0x08, refused, 0x12, words.length, ...Buffer.from(words)];
  return Uint8Array.of(0x0a, partial.length, ...partial);
}

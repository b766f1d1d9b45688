import { isLeaseLost } from '../../board/agents/leased-port.ts';
import { errorOf } from '../../board/core/errors.ts';
import type { CursorStore } from '../feed/index.ts';
import type { ExportOptions } from './export-options.ts';
import { type Hold, SendingRight, type SendingRightOptions } from './sending-right.ts';
import type { SpanSink } from './sink.ts';

/** The time in which an exporter may send. */
export interface Turn {
  /** Takes nothing any more once the turn is over. */
  readonly sink: SpanSink;
  /** Refuses to save once the turn is over. */
  readonly cursorStore: CursorStore | undefined;
  /** Ends with the caller's, and with the turn. */
  readonly signal: AbortSignal | undefined;
  /** Whether another turn came before: then the place is where the store has it, whatever the options say. */
  readonly isLater: boolean;
  /** Whether another exporter may have the turn by now. */
  isLost(): boolean;
}

/** How to take turns. */
export interface TurnOptions
  extends Pick<ExportOptions, 'cursorStore' | 'signal'>,
    Omit<SendingRightOptions, 'register'> {}

/**
 * Runs an export while it is its turn: at once where its place has no lease, else each time this process has the lease. In
 * between it stands by; one that does not follow only where nobody has taken over.
 *
 * @throws ConflictError, for an export that does not follow, `lease_conflict` where another has the turn and `lease_lost`
 * where another took it over; what the export throws; StorageError where the lease cannot be read or written.
 */
export async function inTurns(sink: SpanSink, options: TurnOptions, run: (turn: Turn) => Promise<void>): Promise<void> {
  const { cursorStore, signal } = options;
  const register = cursorStore?.lease;
  if (register === undefined) return run({ sink, cursorStore, signal, isLater: false, isLost: () => false });
  const right = new SendingRight({ ...options, register });
  try {
    await right.claim();
    for (let isLater = false; ; isLater = true) {
      const hold = await right.wait();
      if (hold === null) return;
      const store = cursorStore && underTerm(cursorStore, hold);
      const turn = { sink: underLease(sink, hold), cursorStore: store, signal: eitherOf(signal, hold.lost), isLater };
      await run({ ...turn, isLost: () => !hold.lease.isHeld() }).catch(error => {
        if (!isLeaseLost(error)) throw error;
        hold.lease.lost(error);
      });
      if (!hold.lost.aborted) return;
    }
  } finally {
    await right.close();
  }
}

function eitherOf(signal: AbortSignal | undefined, lost: AbortSignal): AbortSignal {
  return signal === undefined ? lost : AbortSignal.any([signal, lost]);
}

function underTerm(store: CursorStore, { lease }: Hold): CursorStore {
  return { load: () => store.load(), save: saved => store.save(saved, lease.token.term) };
}

/** A process that was frozen goes on where it stood: what it is about to send is looked at once more. */
function underLease(sink: SpanSink, { lease }: Hold): SpanSink {
  return {
    ...sink,
    send(spans, signal) {
      if (lease.isHeld()) return sink.send(spans, signal);
      const reason = `${lease.token.role} was not renewed in time: another exporter may send by now`;
      lease.lost(errorOf('lease_lost', reason));
      return Promise.resolve({ status: 'later', reason });
    },
  };
}

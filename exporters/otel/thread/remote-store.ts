import type { Lease } from '../../../board/core/records.ts';
import type { CursorStore, SavedCursor } from '../../feed/index.ts';
import type { Answer, StoreCall, StoreRequest } from './messages.ts';
import { errorOfTold, toldError } from './told-error.ts';

/** A cursor store that lives in another thread. */
export interface RemoteStore {
  readonly store: CursorStore;
  /** To be called with every answer that comes. */
  settle(answer: Answer): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** @param ask Sends a call to the thread that has the store. */
export function remoteStore(ask: (call: StoreCall) => void, hasLease: boolean): RemoteStore {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  const asked = (request: StoreRequest): Promise<unknown> =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      ask({ ...request, id: lastId });
    });
  const lease = {
    read: () => asked({ name: 'read_lease' }) as Promise<Lease | null>,
    replace: (seen: Lease | null, next: Lease) => asked({ name: 'replace_lease', seen, next }) as Promise<boolean>,
  };
  const store: CursorStore = {
    load: () => asked({ name: 'load' }) as Promise<SavedCursor | null>,
    async save(saved, term) {
      await asked({ name: 'save', saved, ...(term !== undefined && { term }) });
    },
    ...(hasLease && { lease }),
  };
  return {
    store,
    settle(answer) {
      const caller = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.kind === 'answer') caller?.resolve(answer.value);
      else caller?.reject(errorOfTold(answer.error));
    },
  };
}

/** Does what the other thread asks of the store, and answers what came of it. Never rejects. */
export async function answerOf(store: CursorStore, { id, ...request }: StoreCall): Promise<Answer> {
  try {
    return { kind: 'answer', id, value: await perform(store, request) };
  } catch (error) {
    return { kind: 'refusal', id, error: toldError(error) };
  }
}

async function perform(store: CursorStore, request: StoreRequest): Promise<unknown> {
  switch (request.name) {
    case 'load':
      return store.load();
    case 'save':
      // What a store of the caller's answers to it may be anything, and is not wanted.
      await store.save(request.saved, request.term);
      return undefined;
    case 'read_lease':
      return (await store.lease?.read()) ?? null;
    case 'replace_lease':
      return (await store.lease?.replace(request.seen, request.next)) ?? false;
  }
}

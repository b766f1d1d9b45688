import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { BackendFixture } from '../backend-suite.ts';

/** Longer than any signal takes that is worth waiting for. */
const SIGNAL_MS = 2_000;
/** How long a signal that must not come is waited for. */
const SILENCE_MS = 100;

/** Commits until it is heard: before the listener is connected there is nothing to hear. */
async function untilHeard(commit: () => Promise<unknown>, isHeard: () => boolean): Promise<void> {
  await vi.waitFor(
    async () => {
      await commit();
      expect(isHeard()).toBe(true);
    },
    { timeout: SIGNAL_MS },
  );
}

/** Rules of `onSignal`: what a backend tells of the commits of others. */
export function signalRules(on: BackendFixture): void {
  describe('signals', () => {
    it('a listener can be stopped, twice too, and closing stops the rest', async () => {
      const stop = on.backend.onSignal(on.boardId, () => undefined);
      stop();
      stop();
      on.backend.onSignal(on.boardId, () => undefined);
      await on.append(on.backend, 't');
      await on.backend.close();
    });

    if (!on.signals) return;

    it('a commit through another connection reaches every listener of its board, and no other', async () => {
      const { backend, boardId } = on;
      const odd = `${boardId} '"\\%;-- 𝒜`;
      const heard = new Set<string>();
      const stops = [boardId, boardId, odd, `${boardId} `].map((id, index) =>
        backend.onSignal(id, () => heard.add(`${index}`)),
      );
      const second = await on.openAnother();
      await untilHeard(
        () => on.append(second, 't'),
        () => heard.has('0'),
      );
      for (const [id, expected] of [
        [boardId, ['0', '1']],
        [odd, ['2']],
      ] as const) {
        // What began to listen is called once, in case it has missed something.
        await sleep(SILENCE_MS);
        heard.clear();
        await on.append(second, 't', id);
        await vi.waitFor(() => expect([...heard].sort()).toEqual(expected), { timeout: SIGNAL_MS });
        await sleep(SILENCE_MS);
        expect([...heard].sort()).toEqual(expected);
      }
      for (const stop of stops) stop();
    });

    it('a stopped listener hears no more, and the others of its board still do', async () => {
      const { backend, boardId } = on;
      const second = await on.openAnother();
      let [stopped, listening] = [0, 0];
      const stop = backend.onSignal(boardId, () => stopped++);
      backend.onSignal(boardId, () => listening++);
      await untilHeard(
        () => on.append(second, 't'),
        () => stopped > 0,
      );
      stop();
      await sleep(SILENCE_MS);
      const [before, others] = [stopped, listening];
      await on.append(second, 't');
      await vi.waitFor(() => expect(listening).toBeGreaterThan(others), { timeout: SIGNAL_MS });
      expect(stopped).toBe(before);
    });

    it('is soon: half of the commits are heard within 50 ms', async () => {
      const { backend, boardId } = on;
      const second = await on.openAnother();
      let wake: (() => void) | null = null;
      backend.onSignal(boardId, () => wake?.());
      const delays: number[] = [];
      for (let n = 0; n < 21; n++) {
        const heard = new Promise<void>(resolve => {
          wake = resolve;
        });
        await on.append(second, 't');
        const committed = performance.now();
        await Promise.race([heard, sleep(SILENCE_MS)]);
        delays.push(performance.now() - committed);
      }
      expect(delays.toSorted((a, b) => a - b)[10]).toBeLessThan(50);
    });
  });
}

import { describe, expect, it } from 'vitest';
import { IDEMPOTENT_INTENTS } from '../../../board/core/decide/command.ts';
import { isWriteIntent } from '../../../board/core/decide/decide.ts';
import type { Intent } from '../../../board/core/intents.ts';
import { INTENT_FIELDS } from '../../../board/core/payload.ts';
import { handlingOf } from '../../../board/transport/http/handling.ts';

const TIMING = { timeoutMs: 30_000, patienceMs: 40_000, agentTimeoutMs: 50_000 };
const INTENTS = Object.keys(INTENT_FIELDS) as Intent[];
const AGENTS: readonly Intent[] = ['worker.execute_task', 'chief.wake'];

describe('how an intent is carried', () => {
  it('what the board keeps keys for is keyed, what writes nothing is a read', () => {
    for (const intent of INTENTS) {
      const { repeat, isForAgent } = handlingOf(intent, {}, TIMING);
      expect([intent, isForAgent]).toEqual([intent, AGENTS.includes(intent)]);
      if (isForAgent) continue;
      expect([intent, repeat === 'keyed']).toEqual([intent, IDEMPOTENT_INTENTS.has(intent)]);
      expect([intent, repeat === 'read']).toEqual([intent, !isWriteIntent(intent)]);
    }
  });

  it('a lease’s renewal leaves its keeper time for others, however long the lease', () => {
    for (const duration_ms of [1, 100, 3000, 10_000, 86_400_000]) {
      const { timeoutMs, patienceMs } = handlingOf('board.acquire_lease', { duration_ms }, TIMING);
      expect(timeoutMs).toBeLessThanOrEqual(Math.max(1, duration_ms / 4));
      expect(timeoutMs).toBeGreaterThan(0);
      expect(patienceMs).toBe(0);
    }
    for (const duration_ms of [null, 'x', Number.NaN]) {
      expect(handlingOf('board.acquire_lease', { duration_ms }, TIMING).timeoutMs).toBeLessThanOrEqual(
        TIMING.timeoutMs,
      );
    }
  });

  it('beats give up soon, claims do not; agents have a time of their own', () => {
    const of = (intent: Intent, payload = {}) => {
      const { timeoutMs, patienceMs } = handlingOf(intent, payload, TIMING);
      return [timeoutMs, patienceMs];
    };
    expect(of('board.post_agent_heartbeat')).toEqual([10_000, 5000]);
    expect(of('board.post_agent_heartbeat', { claim: true })).toEqual([30_000, 40_000]);
    expect(of('worker.post_result')).toEqual([30_000, 40_000]);
    expect(of('worker.execute_task')).toEqual([50_000, 5000]);
  });
});

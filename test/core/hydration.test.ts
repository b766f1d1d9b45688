import { describe, expect, it } from 'vitest';
import { hydrateChief, hydrateWorker, type WorkerContext } from '../../board/core/hydration.ts';

const CHIEF = {
  tasks: [{ task_id: '1', status: 'UNASSIGNED' }],
  agents: [{ agent_id: 'a', status: 'IDLE' }],
  data: {},
  triggering_event: { sequence_id: 1, event_type: 'task_posted' },
} as const;

describe('hydration', () => {
  it('Q39: gives the golden hash of a worker context', () => {
    const { snapshot_hash } = hydrateWorker({ task: { task_id: 'x', label: 'hello' }, notes: ['n1'] });
    expect(snapshot_hash).toBe('4069edcee13c4feff7db6a1413342dd3e6fe6956e0a85a8fc1081f14b5b0844d');
  });

  it('Q39: gives the golden hash of a Chief context', () => {
    expect(hydrateChief(CHIEF).snapshot_hash).toBe('f00029600a7507bc662ea49942f26fcf0efb7feb9ab457635dd145e0b21bc0a6');
  });

  it('Q38: gives the payload with the hash, and nothing beside its fields', () => {
    const context: WorkerContext = { task: { task_id: 'x' }, notes: [] };
    const wider = { ...context, secret: 1 };
    expect(hydrateWorker(wider)).toEqual({ ...hydrateWorker(context), payload: { task: { task_id: 'x' }, notes: [] } });
    expect(hydrateChief(CHIEF).payload).toEqual(CHIEF);
    expect(hydrateChief(CHIEF).snapshot_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('Q38: is equal for equal input in any order of keys, and different for other input', () => {
    const [task] = CHIEF.tasks;
    const turned = { data: {}, triggering_event: CHIEF.triggering_event, agents: CHIEF.agents, tasks: [task] };
    expect(hydrateChief(turned).snapshot_hash).toBe(hydrateChief(CHIEF).snapshot_hash);
    expect(hydrateChief({ ...CHIEF, triggering_event: null }).snapshot_hash).not.toBe(
      hydrateChief(CHIEF).snapshot_hash,
    );
  });
});

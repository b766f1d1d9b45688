import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { routeTasks } from '../../board/agents/routing.ts';
import { workloadOf } from '../../board/agents/workload.ts';
import type { OpenState } from '../../board/core/intents.ts';
import { REVIEW_REQUIRED } from '../../board/core/lifecycle/builtins.ts';
import type { Agent, Task } from '../../board/core/records.ts';

type State = Pick<OpenState, 'routes' | 'tasks' | 'agents'>;

const ROUTES = { 'review_required@0': Object.fromEntries(REVIEW_REQUIRED.routes) };
const WAITS = ['UNASSIGNED', 'PENDING_REVIEW', 'REVISION_NEEDED', 'APPROVED', 'STALE'];

/** Only the fields that routing reads; the rest of a row says nothing to it. */
function task(task_id: string, status: string, fields: Partial<Task> = {}): Task {
  const stage_kind = WAITS.includes(status) ? 'wait' : 'active';
  const row = { task_id, task_type: 'writing', status, stage_kind, profile: 'review_required', profile_version: 0 };
  return { ...row, assigned_to: null, ...fields } as Task;
}

function agent(agent_id: string, capabilities: string[], status: Agent['status'] = 'IDLE'): Agent {
  return { agent_id, capabilities, status } as Partial<Agent> as Agent;
}

function state(tasks: Task[], agents: Agent[]): State {
  return { routes: ROUTES, tasks, agents };
}

function steps(given: State, options = {}): string[] {
  return routeTasks(given, options).map(
    each => `${each.task.task_id}>${each.to_status}:${each.agent?.agent_id ?? '-'}`,
  );
}

describe('routeTasks', () => {
  it('Q44: along the built-in routes, each to an idle agent with the capability', () => {
    const tasks = [
      task('new', 'UNASSIGNED'),
      task('read', 'PENDING_REVIEW'),
      task('again', 'REVISION_NEEDED'),
      task('good', 'APPROVED'),
      task('lost', 'STALE'),
      task('busy', 'IN_PROGRESS'),
    ];
    const agents = [agent('a', ['review']), agent('b', ['writing']), agent('c', ['writing']), agent('d', ['cooking'])];
    expect(steps(state(tasks, agents))).toEqual([
      'new>IN_PROGRESS:b',
      'read>IN_PROGRESS:a',
      'again>IN_PROGRESS:c',
      'good>COMPLETE:-',
      'lost>UNASSIGNED:-',
    ]);
  });

  it('Q44: draining keeps only UNASSIGNED where it is', () => {
    const tasks = [task('new', 'UNASSIGNED'), task('again', 'REVISION_NEEDED'), task('good', 'APPROVED')];
    const agents = [agent('b', ['writing']), agent('c', ['writing'])];
    expect(steps(state(tasks, agents), { isDraining: true })).toEqual(['again>IN_PROGRESS:b', 'good>COMPLETE:-']);
  });

  it('a Chief that is stopping gives nobody work, and still takes the steps that need nobody', () => {
    const tasks = [task('new', 'UNASSIGNED'), task('good', 'APPROVED')];
    expect(steps(state(tasks, [agent('b', ['writing'])]), { isStopping: true })).toEqual(['good>COMPLETE:-']);
  });

  it('better-list 2: no agent is given two tasks, and none that is not IDLE is given one', () => {
    const status = fc.constantFrom<Agent['status']>('IDLE', 'BUSY', 'OFFLINE');
    const skills = fc.subarray(['writing', 'review', 'cooking']);
    const somebody = fc.record({ status, skills });
    const something = fc.record({ status: fc.constantFrom(...WAITS), type: fc.constantFrom('writing', 'cooking') });
    fc.assert(
      fc.property(fc.array(something, { maxLength: 20 }), fc.array(somebody, { maxLength: 10 }), (things, bodies) => {
        const tasks = things.map((each, index) => task(`t${index}`, each.status, { task_type: each.type }));
        const agents = bodies.map((each, index) => agent(`a${index}`, each.skills, each.status));
        const given = state(tasks, agents);
        const routings = routeTasks(given);
        const used = routings.flatMap(each => each.agent ?? []);
        expect(new Set(used).size).toBe(used.length);
        expect(used.every(each => each.status === 'IDLE')).toBe(true);
        for (const each of routings) {
          const needed = each.task.status === 'PENDING_REVIEW' ? 'review' : each.task.task_type;
          if (each.agent !== null) expect(each.agent.capabilities).toContain(needed);
        }
        // Whoever could still do something that waits has been given something else.
        const left = tasks.filter(each => !routings.some(routing => routing.task === each));
        const idle = agents.filter(each => each.status === 'IDLE' && !used.includes(each));
        for (const each of left) {
          const needed = each.status === 'PENDING_REVIEW' ? 'review' : each.task_type;
          expect(idle.some(one => one.capabilities.includes(needed))).toBe(false);
        }
      }),
    );
  });
});

describe('workloadOf', () => {
  it('counts each task and agent once, and by capability what waits, runs and could move', () => {
    const tasks = [
      task('t1', 'UNASSIGNED'),
      task('t2', 'UNASSIGNED'),
      task('t3', 'PENDING_REVIEW'),
      task('t4', 'APPROVED'),
      task('t5', 'IN_PROGRESS', { assigned_to: 'b' }),
      task('t6', 'IN_PROGRESS', { assigned_to: 'b', stage_kind: 'review' }),
      task('t7', 'HUMAN_REVIEW', { stage_kind: 'blocked' }),
    ];
    const agents = [
      agent('a', ['writing']),
      agent('b', ['writing', 'review'], 'BUSY'),
      agent('c', ['review'], 'OFFLINE'),
    ];
    expect(workloadOf(state(tasks, agents))).toEqual({
      waiting: 4,
      in_flight: 2,
      idle_agents: 1,
      busy_agents: 1,
      stranded: 1,
      by_capability: {
        review: { waiting: 1, in_flight: 1, idle_agents: 0, busy_agents: 1, stranded: 0 },
        writing: { waiting: 2, in_flight: 1, idle_agents: 1, busy_agents: 1, stranded: 1 },
      },
    });
    expect(workloadOf(state(tasks, agents), { isDraining: true }).stranded).toBe(0);
  });
});

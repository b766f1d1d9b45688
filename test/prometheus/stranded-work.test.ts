import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chief } from '../../board/agents/chief.ts';
import { workloadOf } from '../../board/agents/workload.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import type { Board } from '../../board/board.ts';
import { lifecycle } from '../../board/core/lifecycle/builder.ts';
import { FAST, REVIEW_REQUIRED } from '../../board/core/lifecycle/builtins.ts';
import type { Agent, Task } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import { localNetwork } from '../../board/transport/network.ts';
import { measureBoard } from '../../exporters/prometheus/index.ts';
import { strandedByCapability } from '../../exporters/prometheus/stranded-work.ts';
import { parseExposition } from '../support/exposition.ts';
import { addAgent, memoBoard } from '../support/memo-board.ts';
import { agentRecord, taskRecord } from '../support/records.ts';
import { tempDir } from '../support/temp.ts';

const ROUTES = {
  'review_required@0': Object.fromEntries(REVIEW_REQUIRED.routes),
  'fast@0': Object.fromEntries(FAST.routes),
  'newsroom@3': { UNASSIGNED: { to_status: 'writing', capability: 'writer' } },
};

const tasks = fc.array(
  fc
    .record({
      task_type: fc.constantFrom('memo', 'review', 'article'),
      profile: fc.constantFrom('review_required@0', 'fast@0', 'newsroom@3', 'newsroom@2', 'gone@1'),
      status: fc.constantFrom('UNASSIGNED', 'PENDING_REVIEW', 'REVISION_NEEDED', 'APPROVED', 'STALE', 'IN_PROGRESS'),
    })
    .map(({ task_type, profile, status }): Task => {
      const [name = '', version] = profile.split('@');
      const pinned = { profile: name, profile_version: Number(version) };
      return taskRecord('t', {
        task_type,
        ...pinned,
        status,
        stage_kind: status === 'IN_PROGRESS' ? 'active' : 'wait',
      });
    }),
  { maxLength: 30 },
);

const agents = fc.array(
  fc
    .record({
      status: fc.constantFrom<Agent['status'][]>('IDLE', 'BUSY', 'OFFLINE'),
      capabilities: fc.array(fc.constantFrom('memo', 'review', 'article', 'writer', 'cook'), { maxLength: 4 }),
    })
    .map(fields => agentRecord('a', fields)),
  { maxLength: 12 },
);

/** Tasks as a board counts them: those alike as one row. */
function counted(all: readonly Task[]) {
  const groups = Map.groupBy(all, each =>
    JSON.stringify([each.task_type, each.profile, each.profile_version, each.status]),
  );
  return Array.from(groups.values()).flatMap(group => {
    const [first] = group;
    if (first === undefined) return [];
    const { task_type, profile, profile_version, status, stage_kind, status_entered_at } = first;
    const what = { task_type, profile, profile_version, status, stage_kind };
    return [{ ...what, count: group.length, oldest_entered_at: status_entered_at }];
  });
}

describe('stranded work', () => {
  it("is what a cycle's row would say, draining or not", () => {
    fc.assert(
      fc.property(tasks, agents, fc.boolean(), (all, team, isDraining) => {
        const load = workloadOf({ tasks: all, agents: team, routes: ROUTES }, { isDraining }).by_capability;
        const stranded = strandedByCapability({ tasks: counted(all), agents: team, routes: ROUTES }, { isDraining });
        // A cycle's row has capabilities that are only at work, and leaves out those of agents that are gone.
        for (const capability of new Set([...Object.keys(load), ...stranded.keys()])) {
          expect(stranded.get(capability) ?? 0).toBe(load[capability]?.stranded ?? 0);
        }
        expect([...stranded.keys()]).toEqual(expect.arrayContaining(team.flatMap(each => each.capabilities)));
      }),
    );
  });
});

async function strandedOf(board: Board): Promise<Record<string, number>> {
  const measured = await measureBoard(board);
  const { text } = await measured.metrics();
  await measured.close();
  const samples = parseExposition(text).filter(({ name }) => name === 'quadro_dispatch_stranded');
  return Object.fromEntries(samples.map(({ labels, value }) => [labels.capability, value]));
}

describe('quadro_dispatch_stranded', () => {
  it('is true at the moment, whether a Chief lives or not, with a zero for every capability', async () => {
    const { board, clock } = await memoBoard();
    await addAgent(board, 'ann', ['memo', 'review']);
    await addAgent(board, 'bob', ['memo']);
    expect(await strandedOf(board)).toEqual({ memo: 0, review: 0 });
    // No Chief has ever run here.
    for (const task_id of ['m1', 'm2', 'm3']) await board.postTask({ task_type: 'memo', label: task_id, task_id });
    await board.postTask({ task_type: 'ad', label: 'nobody can' });
    expect(await strandedOf(board)).toEqual({ memo: 2, review: 0, ad: 0 });
    const chief = new Chief({ board, network: localNetwork(), clock: () => clock.now, onError: () => undefined });
    await chief.wake('seed');
    expect(await strandedOf(board)).toEqual({ memo: 0, review: 0, ad: 0 });
    await board.postResult({ task_id: 'm1', agent_id: 'ann' });
    expect(await strandedOf(board)).toEqual({ memo: 1, review: 0, ad: 0 });
    await chief.setDraining(true);
    expect(await strandedOf(board)).toEqual({ memo: 0, review: 0, ad: 0 });
    await chief.setDraining(false);
    await chief.close();
    expect(await strandedOf(board)).toEqual({ memo: 1, review: 0, ad: 0 });
  });

  it('goes by the routes of the version that a task has pinned, also where it is only read', async () => {
    const file = join(tempDir(), 'board.db');
    const route = (capability: string) =>
      lifecycle('letters')
        .phase('UNASSIGNED', 'writing')
        .phase('writing', 'sent')
        .route('UNASSIGNED', 'writing', capability);
    const open = async (capability: string): Promise<Board> => {
      const lifecycles = [route(capability).build()];
      const board = await openBoard({ backend: sqlite({ file }), lifecycles, taskTypes: { letter: 'letters' } });
      onTestFinished(() => board.close());
      return board;
    };
    const first = await open('scribe');
    await addAgent(first, 'ann', ['scribe', 'typist']);
    await first.postTask({ task_type: 'letter', label: 'by hand' });
    const reader = await openBoard({ backend: sqlite({ file, readOnly: true }), readOnly: true });
    onTestFinished(() => reader.close());
    expect(await strandedOf(reader)).toEqual({ scribe: 1, typist: 0 });
    const second = await open('typist');
    expect(await strandedOf(reader)).toEqual({ scribe: 1, typist: 0 });
    await second.postTask({ task_type: 'letter', label: 'typed' });
    expect(await strandedOf(reader)).toEqual({ scribe: 1, typist: 1 });
  });
});

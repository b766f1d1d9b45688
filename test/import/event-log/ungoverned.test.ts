import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { openAnalysis, openExportedLog } from '../../../analysis/index.ts';
import { sqlite } from '../../../board/backends/sqlite/index.ts';
import type { Board } from '../../../board/board.ts';
import { checkLog } from '../../../board/check/check.ts';
import { lifecycle } from '../../../board/core/lifecycle/builder.ts';
import { Chief, copyBoard, importLog, importReference, localNetwork, openBoard } from '../../../board/index.ts';
import { exportLog } from '../../../exporters/files/index.ts';
import { everything, refusalOf } from '../../support/board-steps.ts';
import { type DatabaseKind, databaseKinds } from '../../support/database-kinds.ts';
import { requireShared } from '../../support/shared.ts';
import { tempDir } from '../../support/temp.ts';
import { fileOf } from './files.ts';

const LOG = `task_id,status,timestamp,agent_id
c1,open,2024-01-01T10:00:00Z,ann
c1,work,2024-01-01T10:05:00Z,bob
c2,open,2024-01-01T10:06:00Z,ann
`;

const REFUSED =
  /^StorageError board_read_only: The board default in .* is an imported event log, which no lifecycle governs/;

/** Every way to write to a board. */
const WRITES: Readonly<Record<string, (board: Board) => Promise<unknown>>> = {
  'board.post_task': board => board.postTask({ task_type: 'case', label: 'new' }),
  'board.post_tasks': board => board.postTasks([{ task_type: 'other', label: 'new' }]),
  'board.update_task': board => board.updateTask({ task_id: 'c1', to_status: 'open' }),
  'an exit': board => board.updateTask({ task_id: 'c1', to_status: 'HUMAN_REVIEW' }),
  'worker.post_result': board => board.postResult({ task_id: 'c1', output: 'x' }),
  'board.register_agent': board =>
    board.registerAgent({
      agent_id: 'eve',
      name: 'eve',
      url: 'a2a://eve',
      version: '1',
      capabilities: [],
      description: '',
    }),
  'board.post_agent_heartbeat': board => board.postAgentHeartbeat({ agent_id: 'ann' }),
  'board.put_data': board => board.putData('key', 1),
  'board.delete_data': board => board.deleteData('key'),
  'board.archive_task': board => board.archiveTask('c1'),
  'board.append_flight_log': board => board.appendFlightLog({ task_id: 'c1', stage: 'open', payload: 1 }),
  'board.acquire_lease': board =>
    board.call('board.acquire_lease', {
      role: 'chief:x',
      kind: 'chief',
      holder: 'me',
      claims: null,
      duration_ms: 1000,
    }),
};

async function databaseOf(kind: DatabaseKind, context: TestContext) {
  if (kind.skip !== undefined) context.skip(kind.skip);
  return kind.create();
}

describe('an imported event log', () => {
  it.for(databaseKinds())('can be read in $name, and nothing can be written to it', async (kind, context) => {
    const database = await databaseOf(kind, context);
    const before = await openBoard({ backend: database.backend() });
    await importLog(fileOf('log.csv', LOG), { into: database.backend() });
    const board = await openBoard({ backend: database.backend() });
    const written = await everything(board);
    for (const opened of [board, before]) {
      // One that was open before the import has it all the same.
      for (const [what, write] of Object.entries(WRITES)) expect(await refusalOf(write(opened)), what).toMatch(REFUSED);
      expect((await opened.getTask('c1')).task).toMatchObject({ status: 'work', profile: 'imported' });
    }
    const chief = new Chief({ board, network: localNetwork() });
    expect(await refusalOf(board.run({ chief }))).toMatch(REFUSED);
    const one = lifecycle('one').phase('UNASSIGNED', 'done').build();
    for (const options of [{ lifecycles: [one] }, { taskTypes: { memo: 'fast' } }, { resumable: true }]) {
      expect(await refusalOf(openBoard({ backend: database.backend(), ...options }))).toMatch(REFUSED);
    }
    const used = /^ValidationError invalid_source: .* is in use already/;
    expect(await refusalOf(importLog(fileOf('log.csv', LOG), { into: database.backend() }))).toMatch(used);
    expect(await everything(board)).toEqual(written);
    expect(await checkLog(board)).toMatchObject({ ok: true, own: 0, inherited: 0 });
    await before.close();
    await board.close();
  });

  it.for(databaseKinds())('is the same in $name as anywhere, with the same answers', async (kind, context) => {
    const file = requireShared('data/bpic2013_closed_problems.csv.gz', context);
    const database = await databaseOf(kind, context);
    const map = { task_id: 'case_id', status: 'activity+lifecycle', agent_id: 'resource', seq: 'seq' };
    const [here, there] = [sqlite({ file: ':memory:' }), database.backend()];
    const answers = [];
    for (const into of [here, there]) {
      await importLog(file, { into, map });
      const board = await openBoard({ backend: into, readOnly: true });
      const analysis = await openAnalysis(board);
      const { ok, digest, board_digest } = await checkLog(board);
      answers.push({ ok, digest, board_digest, report: await analysis.report() });
      await analysis.close();
      await board.close();
    }
    expect(answers[0]).toMatchObject({ ok: true });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('stays what it is in a copy and in an export', async () => {
    const from = sqlite({ file: ':memory:' });
    await importLog(fileOf('log.csv', LOG), { into: from });
    const into = sqlite({ file: ':memory:' });
    await copyBoard({ from, into, intoBoardId: 'copy' });
    const copy = await openBoard({ backend: into, boardId: 'copy' });
    expect(await refusalOf(copy.postTask({ task_type: 'case', label: 'new' }))).toMatch(
      /^StorageError board_read_only/,
    );
    for (const format of ['parquet', 'ndjson', 'csv'] as const) {
      const to = join(tempDir(), 'log');
      await exportLog(copy, { to, format });
      const exported = await openExportedLog(to);
      expect(await checkLog(exported), format).toMatchObject({ ok: true, own: 0, inherited: 0, skipped: [] });
      const profiles = await Array.fromAsync(exported.profiles());
      expect(profiles.find(({ profile }) => profile === 'imported')?.definition).toMatchObject({ ungoverned: true });
      await exported.close();
    }
    await copy.close();
    await from.close();
  });

  it('is no board that a board of the reference implementation can be put on', async context => {
    const into = sqlite({ file: ':memory:' });
    await importLog(fileOf('log.csv', LOG), { into });
    const refused = importReference(requireShared('data/newsroom.db', context), { into });
    expect(await refusalOf(refused)).toMatch(/^ValidationError invalid_source: .* is in use already/);
    await into.close();
  });
});

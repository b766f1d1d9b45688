import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Board } from '../../board/board.ts';
import { checkLog } from '../../board/check/check.ts';
import type { ParamsOf } from '../../board/core/intents.ts';
import type { Event } from '../../board/core/records.ts';
import { openBoard } from '../../board/open-board.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';
import { mysqlServer, newDatabase, postgresServer, type TestServer } from '../support/servers.ts';
import { connect, withClient } from '../support/sql-client.ts';
import { tempDir } from '../support/temp.ts';
import type { SharedIntent, SharedLine } from './shared-tasks-worker.ts';

const TASKS = 2_000;
const CALLERS = 16;
/** Acknowledged commands after which a process is killed: it is in the middle then. */
const KILLED_AFTER = 400;
/** Time between two cuts of the victim's connections. */
const CUT_EVERY_MS = 250;

/** How to end the connections of one user, and only those. */
interface Kind {
  readonly name: string;
  readonly server: TestServer;
  readonly createUser: (user: string) => readonly string[];
  readonly dropUser: (user: string) => readonly string[];
  readonly connections: string;
  readonly cut: string;
}

const KINDS: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    server: postgresServer(),
    createUser: user => [`create role ${user} superuser login password 'x'`],
    dropUser: user => [`drop role ${user}`],
    connections: 'select pid as id from pg_stat_activity where usename = $1',
    cut: 'select pg_terminate_backend($1)',
  },
  {
    name: 'MariaDB',
    server: mysqlServer(),
    createUser: user => [`create user ${user} identified by 'x'`, `grant all privileges on *.* to ${user}`],
    dropUser: user => [`drop user ${user}`],
    connections: 'select id from information_schema.processlist where user = ?',
    cut: 'kill ?',
  },
];

/** A child process that waits for a line on stdin before it begins. */
class Child {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;
  readonly #closed: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(script: string, args: readonly string[]) {
    const file = join(import.meta.dirname, script);
    this.#child = spawn(process.execPath, ['--no-warnings', file, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', chunk => {
      this.stdout += String(chunk);
    });
    this.#child.stderr?.on('data', chunk => {
      this.stderr += String(chunk);
    });
    this.#closed = once(this.#child, 'close');
    this.#ready = Promise.race([this.#child.stdout ? once(this.#child.stdout, 'data') : null, this.#closed]);
    onTestFinished(() => void this.#child.kill('SIGKILL'));
  }

  async ready(): Promise<void> {
    await this.#ready;
  }

  /** The line it waits for: begin, or stop. */
  tell(): void {
    this.#child.stdin?.write('go\n');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  get isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async end(): Promise<{ readonly code: number | null; readonly stderr: string }> {
    await this.#closed;
    return { code: this.#child.exitCode, stderr: this.stderr };
  }
}

function linesOf(file: string): readonly SharedLine[] {
  if (!existsSync(file)) return [];
  // What follows the last line end was cut off by the kill.
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.map(line => JSON.parse(line) as SharedLine);
}

type Asked = Extract<SharedLine, { readonly intent: SharedIntent }>;

/** A command, and what it was told; null where it was told nothing. */
interface Told {
  readonly asked: Asked;
  readonly answer: Exclude<SharedLine, Asked> | null;
}

function toldOf(files: readonly string[]): readonly Told[] {
  const lines = files.flatMap(linesOf);
  const answers = new Map(lines.flatMap(line => ('intent' in line ? [] : [[line.name, line] as const])));
  return lines.flatMap(asked => ('intent' in asked ? [{ asked, answer: answers.get(asked.name) ?? null }] : []));
}

/** What nobody was told a lie about: each command's events are what its answer said. */
function expectHonest(told: readonly Told[], events: readonly Event[]): void {
  const byName = Map.groupBy(events, event => event.actor);
  const lies: unknown[] = [];
  for (const { asked, answer } of told) {
    const written = (byName.get(asked.name) ?? []).map(event => event.sequence_id);
    const isUnknown = answer === null || ('refused' in answer && answer.refused === 'storage_uncertain');
    const isTrue = isUnknown
      ? written.length <= 1
      : 'refused' in answer
        ? written.length === 0
        : written.length === 1 && written[0] === answer.sequence_id;
    if (!isTrue) lies.push({ asked, answer, written });
  }
  expect(lies).toEqual([]);
}

/** Whatever was not acknowledged is asked again under its key: it happens once, now or then. */
async function askAgain(board: Board, told: readonly Told[]): Promise<void> {
  for (const { asked, answer } of told) {
    if (answer !== null && !('refused' in answer && answer.refused.startsWith('storage_'))) continue;
    if (asked.key === null) continue;
    const params = asked.params as ParamsOf<SharedIntent>;
    const options = { actor: asked.name, idempotencyKey: asked.key };
    const result = await board.call(asked.intent, params, options).catch(() => null);
    const again = await board.call(asked.intent, params, options).catch(() => null);
    expect(again?.event).toEqual(result?.event);
  }
}

/** What the killed process held is given back and finished, as an Ombudsman and another worker would. */
async function finishTheRest(board: Board): Promise<void> {
  const agent_id = 'agent rest';
  await board.registerAgent({
    agent_id,
    name: 'rest',
    url: 'a2a://x',
    version: '1',
    capabilities: [],
    description: '',
  });
  const { tasks } = await board.listTasksByStatus(['IN_PROGRESS', 'UNASSIGNED']);
  for (const { task_id, status } of tasks) {
    if (status === 'IN_PROGRESS') {
      await board.updateTask({ task_id, to_status: 'STALE' });
      await board.updateTask({ task_id, to_status: 'UNASSIGNED' });
    }
    await board.updateTask({ task_id, to_status: 'IN_PROGRESS', assigned_to: agent_id });
    await board.postResult({ task_id, agent_id });
  }
}

/** Between two assignments of a task somebody must have given it back. */
function expectNoDoubleAssignment(events: readonly Event[]): void {
  for (const history of Map.groupBy(events, event => event.task_id).values()) {
    const steps = history.filter(event => event.edge !== null).map(event => event.to_status);
    const assigned = steps.flatMap((status, index) => (status === 'IN_PROGRESS' ? [steps[index - 1]] : []));
    expect(assigned.filter(before => before !== 'UNASSIGNED')).toEqual([]);
  }
}

describe.each(KINDS)(
  'four processes on one board: $name',
  ({ name, server, createUser, dropUser, connections, cut }) => {
    const title = server.skip === undefined ? '' : ` (skipped: ${server.skip})`;

    it.skipIf(server.skip !== undefined)(
      `invariant 6: one killed, one cut off again and again: nothing is lost, and nobody is told a lie${title}`,
      async () => {
        const url = await newDatabase(server);
        const dir = tempDir();
        const victim = `quadro_cut_${Date.now().toString(36)}`;
        await withClient(url, async client => {
          for (const statement of createUser(victim)) await client.query(statement);
        });
        const victimUrl = new URL(url);
        victimUrl.username = victim;
        victimUrl.password = 'x';

        const board = await openBoard({ backend: backendOfUrl(url), taskTypes: { memo: 'fast' } });
        const urls = { a: url, b: url, cut: victimUrl.href, killed: url };
        const runs = Object.entries(urls).map(([run, boardUrl], index) => {
          const file = join(dir, `${run}.ndjson`);
          const args = [boardUrl, file, run, String(CALLERS), String(TASKS), String(index * (TASKS / 4))];
          return { run, file, child: new Child('shared-tasks-worker.ts', args) };
        });
        const reader = new Child('tailing-reader.ts', [url]);
        await Promise.all([reader, ...runs.map(each => each.child)].map(child => child.ready()));
        for (const { child } of runs) child.tell();

        const byRun = new Map(runs.map(each => [each.run, each]));
        const killed = byRun.get('killed');
        const cutOff = byRun.get('cut');
        let cuts = 0;
        const admin = await connect(url);
        while (!cutOff?.child.isOver) {
          for (const { id } of await admin.query(connections, [victim])) {
            await admin.query(cut, [id]).catch(() => undefined);
            cuts++;
          }
          const acknowledged =
            killed === undefined ? 0 : linesOf(killed.file).filter(line => 'sequence_id' in line).length;
          if (acknowledged >= KILLED_AFTER) killed?.child.kill();
          await sleep(CUT_EVERY_MS);
        }
        await admin.close();
        const ends = await Promise.all(runs.map(async ({ run, child }) => ({ run, ...(await child.end()) })));
        expect(ends.filter(end => end.run !== 'killed').map(({ code, stderr }) => ({ code, stderr }))).toEqual(
          Array.from({ length: 3 }, () => ({ code: 0, stderr: '' })),
        );
        expect(ends.find(end => end.run === 'killed')?.code, 'it was killed in the middle').toBeNull();
        expect(cuts).toBeGreaterThan(0);

        const told = toldOf(runs.map(each => each.file));
        const { events } = await board.streamEvents();
        expectHonest(told, events);
        await askAgain(board, told);
        await finishTheRest(board);

        reader.tell();
        expect(await reader.end()).toEqual({ code: 0, stderr: '' });
        const { events: all } = await board.streamEvents();
        const read = reader.stdout.split('\n').slice(1, -1).map(Number);
        expect(read, 'each event once and in order').toEqual(Array.from(all, (_, index) => index + 1));
        expect(all.map(event => event.sequence_id)).toEqual(read);
        expect((await checkLog(board)).faults).toEqual([]);
        expectNoDoubleAssignment(all);
        const { tasks } = await board.listTasksByStatus(['COMPLETE']);
        expect(tasks).toHaveLength(TASKS);
        const keys = all.flatMap(event => event.idempotency_key ?? []);
        expect(new Set(keys).size, 'each key exactly one event').toBe(keys.length);
        const busyRuns = new Set(all.map(event => event.actor?.split('.')[0]));
        expect([...busyRuns], `every process took part on ${name}`).toEqual(
          expect.arrayContaining(['a', 'b', 'cut', 'killed']),
        );
        await board.close();
        await withClient(url, async client => {
          for (const statement of dropUser(victim)) await client.query(statement);
        });
      },
      300_000,
    );
  },
);

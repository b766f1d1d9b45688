import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAnalysis } from '../../analysis/index.ts';
import type { Board } from '../../board/board.ts';
import { REVIEW_REQUIRED } from '../../board/core/lifecycle/builtins.ts';
import type { Task } from '../../board/core/records.ts';
import { stagesOf } from '../../board/core/stages.ts';
import { WORKING_KINDS } from '../../board/core/statuses.ts';
import { rowsOf } from './rows-of.ts';
import { openTimedBoard, register, type TimedBoard } from './small-log.ts';
import { sumOf } from './sum-of.ts';

/** What happens next to a task: a step of its lifecycle, a beat of whoever has it, or a late one of a stale attempt. */
interface Step {
  task: number;
  what: 'move' | 'stale' | 'beat' | 'late';
  choice: number;
  agent: string;
  micros: number;
}

const AGENTS = ['w1', "o'hara"];

const STEP: fc.Arbitrary<Step> = fc.record({
  task: fc.nat(2),
  what: fc.constantFrom('move', 'move', 'move', 'stale', 'beat', 'late'),
  choice: fc.nat(4),
  agent: fc.constantFrom(...AGENTS),
  micros: fc.integer({ min: 1, max: 50_000_000 }),
});

/** An attempt that was found stale; by its fence its worker is known when it beats after all. */
interface StaleAttempt {
  readonly fence: number;
  readonly agent: string;
  readonly task: string;
  /** The events by which its worker showed that it lived, and the stage of its own in which it did, if it was in one. */
  readonly signs: { sequence_id: number; ownStage: number | null }[];
}

class Story {
  readonly stale: StaleAttempt[] = [];
  readonly #timed: TimedBoard;
  #seconds = 0;

  constructor(timed: TimedBoard) {
    this.#timed = timed;
  }

  async tell(step: Step): Promise<void> {
    const { board, setSeconds } = this.#timed;
    this.#seconds += step.micros / 1e6;
    setSeconds(this.#seconds);
    const task_id = `t${step.task}`;
    const [task] = await board.tasksById([task_id]);
    if (task === undefined) await board.postTask({ task_id, task_type: 'article', label: '' });
    else if (step.what === 'late') await this.#beatLate(board, task, step.agent);
    else if (step.what === 'beat') await this.#beat(board, task);
    else await this.#move(board, task, step);
  }

  async #move(
    board: Board,
    { task_id, status, assigned_to, entered_sequence_id, stage_kind }: Task,
    step: Step,
  ): Promise<void> {
    const moves = REVIEW_REQUIRED.nextOf(status);
    const isSilent = step.what === 'stale' && WORKING_KINDS.has(stage_kind);
    const to_status = isSilent ? 'STALE' : moves[step.choice % Math.max(moves.length, 1)];
    if (to_status === undefined) return;
    const isStale = to_status === 'STALE';
    const assignment = to_status === 'IN_PROGRESS' ? { assigned_to: step.agent } : {};
    await board.updateTask({ task_id, to_status, ...assignment, ...(isStale && { reason: 'stale_heartbeat' }) });
    if (isStale) this.stale.push({ fence: entered_sequence_id, agent: assigned_to ?? '', task: task_id, signs: [] });
  }

  async #beat(board: Board, { task_id, assigned_to, stage_kind }: Task): Promise<void> {
    if (assigned_to !== null && WORKING_KINDS.has(stage_kind))
      await board.postAgentHeartbeat({ agent_id: assigned_to, task_id });
  }

  async #beatLate(board: Board, task: Task, agent_id: string): Promise<void> {
    const attempt = this.stale.findLast(each => each.task === task.task_id && each.agent === agent_id);
    if (attempt === undefined) return;
    const { event } = await board.postAgentHeartbeat({ agent_id, task_id: task.task_id, fence: attempt.fence });
    const isOwn = WORKING_KINDS.has(task.stage_kind) && task.assigned_to === agent_id;
    if (event !== null)
      attempt.signs.push({ sequence_id: event.sequence_id, ownStage: isOwn ? task.entered_sequence_id : null });
  }
}

/** How many stale attempts lived. A sign in a new stage of the agent's own counts once that stage has a later event. */
async function livedAfterAll(board: Board, stale: readonly StaleAttempt[]): Promise<number> {
  let lived = 0;
  for (const { task, signs } of stale) {
    const events = await board.taskHistory(task);
    const isSeen = signs.some(({ sequence_id, ownStage }) => {
      if (ownStage === null) return true;
      return events.some(event => event.sequence_id > sequence_id && event.entered_sequence_id === ownStage);
    });
    if (isSeen) lived++;
  }
  return lived;
}

describe('any log', () => {
  it('counts every attempt once, by every dimension and outcome, and every handover', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 120 }), async steps => {
        const timed = await openTimedBoard();
        const { board } = timed;
        for (const agent of AGENTS) await register(board, agent, 'article');
        const story = new Story(timed);
        for (const step of steps) await story.tell(step);
        const analysis = await openAnalysis(board);
        try {
          let [closed, open, handovers] = [0, 0, 0];
          for await (const { task_id } of board.tasks()) {
            const working = stagesOf(await board.taskHistory(task_id)).filter(stage =>
              WORKING_KINDS.has(stage.stage_kind),
            );
            const ended = working.filter(stage => stage.exited_at !== null).length;
            closed += ended;
            open += working.length - ended;
            handovers += Math.max(working.length - 1, 0);
          }
          const stale = await rowsOf(analysis, 'stale');
          const [all] = stale;
          expect(all).toMatchObject({ attempts: closed, open_attempts: open, stale: story.stale.length });
          expect(all?.false_stale).toBe(await livedAfterAll(board, story.stale));
          for (const dimension of ['status', 'agent', 'task_type'] as const) {
            const rows = stale.filter(row => row.dimension === dimension);
            for (const name of ['attempts', 'open_attempts', 'stale', 'unrecovered', 'false_stale'] as const) {
              expect(
                sumOf(rows, row => row[name]),
                `${dimension} ${name}`,
              ).toBe(all?.[name]);
            }
            expect(sumOf(rows, row => row.lost_seconds)).toBeCloseTo(all?.lost_seconds ?? 0, 5);
            if (story.stale.length > 0) expect(sumOf(rows, row => row.stale_share ?? 0)).toBeCloseTo(1, 9);
          }
          for (const { concentration } of await rowsOf(analysis, 'stale_concentration')) {
            if (concentration !== null) expect(concentration).toBeLessThanOrEqual(1 + 1e-9);
          }

          const agents = await rowsOf(analysis, 'agents_summary');
          expect(sumOf(agents, row => row.attempts)).toBe(closed);
          for (const row of agents) {
            expect(row.succeeded + row.failed + row.stale + row.withdrawn).toBe(row.attempts);
            expect(row.success_rate ?? 0).toBeGreaterThanOrEqual(row.success_rate_low ?? 0);
            expect(row.success_rate ?? 0).toBeLessThanOrEqual(row.success_rate_high ?? 0);
          }
          const pairs = await rowsOf(analysis, 'handovers');
          expect(sumOf(pairs, row => row.count)).toBe(handovers);
          if (handovers > 0) expect(sumOf(pairs, row => row.share)).toBeCloseTo(1, 9);

          const [gaps] = await rowsOf(analysis, 'heartbeat_gaps');
          expect(gaps?.attempts ?? 0).toBe(closed - story.stale.length);
          const advised = await rowsOf(analysis, 'timeout_advisor');
          expect(sumOf(advised, row => row.alive_attempts)).toBe(closed - story.stale.length + (all?.false_stale ?? 0));
          for (const { suggested_false_stale_rate } of advised)
            expect(suggested_false_stale_rate ?? 0).toBeLessThanOrEqual(0.01);
        } finally {
          await analysis.close();
          await board.close();
        }
      }),
      { numRuns: 12 },
    );
  });
});

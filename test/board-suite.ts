import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe } from 'vitest';
import type { Backend } from '../board/backends/backend.ts';
import type { Board } from '../board/board.ts';
import type { BoardOptions } from '../board/board-options.ts';
import { lifecycle } from '../board/core/lifecycle/builder.ts';
import type { Lifecycle } from '../board/core/lifecycle/types.ts';
import { openBoard } from '../board/open-board.ts';
import { agentRules } from './board-suite/agents.ts';
import { batchRules } from './board-suite/batches.ts';
import { bulkRules } from './board-suite/bulk.ts';
import { dataRules } from './board-suite/data.ts';
import { holdRules } from './board-suite/holds.ts';
import { idempotencyRules } from './board-suite/idempotency.ts';
import { leaseRules } from './board-suite/leases.ts';
import { taskRules } from './board-suite/tasks.ts';

/** A database for one test. */
export interface BoardHarness {
  /** A new backend on that database. */
  open(): Backend;
  teardown?(): Promise<void>;
}

/** How the suite reaches a backend. */
export interface BoardSuiteOptions {
  readonly setup: () => Promise<BoardHarness>;
  /** Why the whole suite cannot run here. */
  readonly skip?: string;
  /**
   * Whether the database outlives the connection that made it. Where not, the rules of a second connection do not apply and
   * are no part of the suite. Default true.
   */
  readonly outlivesConnection?: boolean;
}

/** What a rule's test may use. */
export interface BoardFixture {
  /** A board of three profiles: articles under `newsroom`, memos under `fast`, anything else under `review_required`. */
  readonly board: Board;
  /** Opens the same board anew, or another one of the database. */
  reopen(options?: Partial<BoardOptions>): Promise<Board>;
  /** Whether a board can be opened again after it was closed. */
  readonly outlivesConnection: boolean;
}

/** A profile of one's own with statuses, a branch, a way back and standard statuses among them. */
export const NEWSROOM: Lifecycle = lifecycle('newsroom')
  .phase('UNASSIGNED', 'writing')
  .phase('writing', 'editing')
  .phase('editing', 'published')
  .branch('editing', 'rejected')
  .revision('editing', 'writing')
  .branch('writing', 'IN_PROGRESS')
  .phase('IN_PROGRESS', 'archived copy')
  .build();

/** The rules of a board that hold on every backend; each title cites conformance.md. */
export function boardSuite(name: string, options: BoardSuiteOptions): void {
  const { setup, skip, outlivesConnection = true } = options;
  const title = `board: ${name}${skip === undefined ? '' : ` (skipped: ${skip})`}`;

  describe.skipIf(skip !== undefined)(title, () => {
    let harness: BoardHarness;
    let open: Board[];
    let boardId: string;

    async function reopen(over: Partial<BoardOptions> = {}): Promise<Board> {
      const board = await openBoard({
        backend: harness.open(),
        boardId,
        lifecycles: [NEWSROOM],
        taskTypes: { article: 'newsroom', memo: 'fast' },
        ...over,
      });
      open.push(board);
      return board;
    }

    beforeEach(async () => {
      harness = await setup();
      open = [];
      boardId = `board ${randomUUID()}`;
      await reopen();
    });

    afterEach(async () => {
      for (const board of open) await board.close().catch(() => undefined);
      await harness.teardown?.();
    });

    const fixture: BoardFixture = {
      get board() {
        const [board] = open;
        if (board === undefined) throw new Error('no board is open');
        return board;
      },
      reopen,
      outlivesConnection,
    };

    taskRules(fixture);
    agentRules(fixture);
    dataRules(fixture);
    holdRules(fixture);
    idempotencyRules(fixture);
    batchRules(fixture);
    leaseRules(fixture);
    bulkRules(fixture);
  });
}

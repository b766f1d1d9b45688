/** The tests of agents once more, on agents that have the board behind a service. */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { Board } from '../../../board/board.ts';
import { RemoteBoard } from '../../../board/transport/http/remote-board.ts';
import { openOffice } from '../../agents/office.ts';

vi.stubEnv('QUADRO_TEST_OFFICE', 'http');
afterAll(() => vi.unstubAllEnvs());

describe('an office over HTTP', () => {
  it('has a board of its own, and agents that reach it through a service', async () => {
    const { board, surroundings } = await openOffice();
    expect([board, surroundings.board]).toEqual([expect.any(Board), expect.any(RemoteBoard)]);
  });
});

await import('../../agents/chief.test.ts');
await import('../../agents/deliveries.test.ts');
await import('../../agents/ombudsman.test.ts');
await import('../../agents/run.test.ts');
await import('../../agents/worker.test.ts');
await import('../../agents/worker-pool.test.ts');

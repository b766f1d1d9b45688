import { describe, expect, it } from 'vitest';
import type { Intent } from '../../board/core/intents.ts';
import { INTENT_FIELDS } from '../../board/core/payload.ts';
import { PERMISSION_OF_INTENT } from '../../board/service/intent-permissions.ts';
import { BoardClient } from '../../board/transport/board-client.ts';
import type { ResponseEnvelope } from '../../board/transport/envelope.ts';
import type { Network } from '../../board/transport/network.ts';
import { register } from '../agents/office.ts';
import { type Answer, serve } from './served.ts';

const enveloped = (intent: string, payload: object, more: object = {}) => ({
  intent,
  request_id: 'r1',
  timestamp: '2026-01-01T00:00:00+00:00',
  payload,
  ...more,
});

const outcomeOf = ({ status, body }: Answer) => [status, body.ok, body.error, body.error_code];

describe('POST /a2a', () => {
  it("refuses in the reference's words, with status 200", async () => {
    const { post, board } = await serve();
    await board.postTask({ task_id: 't1', task_type: 'memo', label: 'x' });
    const refused = async (body: unknown) => outcomeOf(await post('/a2a', body));
    expect(await refused({ intent: 'board.get_task' })).toEqual([
      200,
      false,
      "Missing request fields: ['payload', 'request_id', 'timestamp']",
      'invalid_payload',
    ]);
    const expected: [object, string, string][] = [
      [enveloped('board.explode', {}), 'Unsupported intent: board.explode', 'unsupported_intent'],
      [enveloped('chief.wake', {}), 'Unsupported board intent: chief.wake', 'unsupported_intent'],
      [enveloped('board.get_task', [] as object), 'payload must be an object', 'invalid_payload'],
      [enveloped('board.get_task', { task_id: 'none' }), 'Task not found: none', 'task_not_found'],
      [
        enveloped('board.register_agent', {}),
        "Missing AgentCard fields: ['agent_id', 'capabilities', 'description', 'name', 'url', 'version']",
        'invalid_payload',
      ],
      [
        enveloped('board.update_task', { task_id: 't1', to_status: 'COMPLETE' }),
        'Illegal transition for fast: UNASSIGNED -> COMPLETE',
        'illegal_transition',
      ],
      [
        enveloped('worker.post_result', { task_id: 't1' }),
        'Task t1 must be IN_PROGRESS to post result; it is UNASSIGNED',
        'not_in_progress',
      ],
    ];
    for (const [body, error, code] of expected) expect(await refused(body)).toEqual([200, false, error, code]);
    expect((await post('/a2a', enveloped('board.get_task', { task_id: 't1', unknown: 1 }))).body).toMatchObject({
      request_id: 'r1',
      ok: true,
      error: null,
      result: { task: { task_id: 't1' } },
    });
  });

  it('carries every typed method, as a client of the board uses it', async () => {
    const { service, board } = await serve();
    await register(board, 'ada', 'memo');
    const network: Network = {
      request: async (_url, envelope) => {
        const headers = { 'content-type': 'application/json' };
        const body = JSON.stringify(envelope);
        return (await (
          await fetch(`${service.url}/a2a`, { method: 'POST', headers, body })
        ).json()) as ResponseEnvelope;
      },
      registerEndpoint: () => () => undefined,
    };
    const client = new BoardClient({ network });
    const { task } = await client.postTask({ task_id: 't1', task_type: 'memo', label: 'x' });
    expect(task).toEqual((await board.getTask('t1')).task);
    await client.updateTask({ task_id: 't1', to_status: 'IN_PROGRESS', assigned_to: 'ada' });
    expect((await client.postAgentHeartbeat({ agent_id: 'ada', task_id: 't1' })).abort).toBe(false);
    await client.postResult({ task_id: 't1', agent_id: 'ada', output: { ok: true } });
    expect(await client.getTaskHistory('t1')).toEqual(await board.getTaskHistory('t1'));
    expect(await client.flightPlan('t1')).toEqual(await board.flightPlan('t1'));
    expect(await client.getFullState()).toEqual(await board.getFullState());
    await expect(client.getTask('none')).rejects.toMatchObject({
      code: 'task_not_found',
      message: 'Task not found: none',
    });
    const key = { idempotencyKey: 'k' };
    const first = await client.postTask({ task_type: 'memo', label: 'y' }, key);
    expect(await client.postTask({ task_type: 'memo', label: 'y' }, key)).toEqual(first);
  });

  it('asks a permission for every intent there is', () => {
    expect(Object.keys(PERMISSION_OF_INTENT).sort()).toEqual((Object.keys(INTENT_FIELDS) as Intent[]).sort());
  });
});

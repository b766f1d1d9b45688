import { describe, expect, it } from 'vitest';
import type { Board } from '../../board/board.ts';
import {
  ConflictError,
  NotFoundError,
  QuadroError,
  TransitionError,
  ValidationError,
} from '../../board/core/errors.ts';
import type { JsonObject } from '../../board/core/json.ts';
import { BOARD_URL, BoardClient } from '../../board/transport/board-client.ts';
import { boardEndpoint } from '../../board/transport/board-endpoint.ts';
import { type RequestEnvelope, requestOf } from '../../board/transport/envelope.ts';
import { httpNetwork } from '../../board/transport/http/index.ts';
import { localNetwork } from '../../board/transport/network.ts';
import { type Office, openOffice, post, register } from '../agents/office.ts';
import { serve } from '../service/served.ts';

/** Where a client's board is: beside it, or behind a service. */
const PLACES = ['in this process', 'over HTTP'] as const;

async function openClient(place: (typeof PLACES)[number] = 'in this process') {
  const office = await openOffice();
  const { board } = office;
  const { network, url } = await (place === 'over HTTP' ? serviceOf(board) : endpointOf(office));
  const client = new BoardClient({ network, url });
  const send = (intent: string, payload: JsonObject, extra: object = {}) =>
    network.request(url, {
      ...requestOf('board.get_task', payload, { at: 0 }),
      intent,
      ...extra,
    } as RequestEnvelope);
  return { ...office, client, send };
}

function endpointOf({ board, network }: Office) {
  network.registerEndpoint(BOARD_URL, boardEndpoint(board));
  return { network, url: BOARD_URL };
}

async function serviceOf(board: Board) {
  const { service } = await serve({}, {}, board);
  return { network: httpNetwork(), url: `${service.url}/a2a` };
}

describe('localNetwork', () => {
  it('Q5: an address nobody answers is an error that names it', async () => {
    const envelope = requestOf('chief.wake', {}, { at: 0 });
    const failure = await localNetwork()
      .request('a2a://nobody', envelope)
      .catch(error => error);
    expect(failure).toBeInstanceOf(NotFoundError);
    expect(failure.message).toBe('No endpoint registered for a2a://nobody');
  });

  it('Q5: a later registration replaces the former, and ending the former leaves it', async () => {
    const network = localNetwork();
    const named = (name: string) => async () => ({ request_id: name, ok: true, result: {}, error: null });
    const endFirst = network.registerEndpoint('a2a://x', named('first'));
    const endSecond = network.registerEndpoint('a2a://x', named('second'));
    const envelope = requestOf('chief.wake', {}, { at: 0 });
    expect((await network.request('a2a://x', envelope)).request_id).toBe('second');
    endFirst();
    expect((await network.request('a2a://x', envelope)).request_id).toBe('second');
    endSecond();
    await expect(network.request('a2a://x', envelope)).rejects.toThrow(NotFoundError);
  });
});

describe.each(PLACES)('a board’s endpoint %s', place => {
  it('Q3: an intent of another endpoint is refused by name', async () => {
    const { send } = await openClient(place);
    for (const intent of ['chief.wake', 'worker.execute_task']) {
      expect(await send(intent, { task_id: 't' })).toMatchObject({
        ok: false,
        error: `Unsupported board intent: ${intent}`,
        error_code: 'unsupported_intent',
        result: {},
      });
    }
  });

  it('ignores unknown payload fields, which typed calls refuse', async () => {
    const { board, send } = await openClient(place);
    const payload = { task_type: 'note', label: 'x', colour: 'red' };
    expect(await send('board.post_task', payload)).toMatchObject({ ok: true, error: null });
    await expect(board.call('board.post_task', payload as never)).rejects.toThrow(ValidationError);
  });

  it('Q21: numeric text is a priority', async () => {
    const { send } = await openClient(place);
    const { result } = await send('board.post_task', { task_type: 'note', label: 'x', priority: '2' });
    expect(result).toMatchObject({ task: { priority: 2 } });
  });

  it('records who asks, and for which cycle', async () => {
    const { send } = await openClient(place);
    const context = { actor: 'ann', cycle_id: 'c1' };
    const { result } = await send('board.post_task', { task_type: 'note', label: 'x' }, { context });
    expect(result).toMatchObject({ event: { actor: 'ann', cycle_id: 'c1', tick_id: null } });
  });
});

describe.each(PLACES)('BoardClient %s', place => {
  it('Q37: needs a network', () => {
    expect(() => new BoardClient({} as never)).toThrow(/needs a network/);
  });

  it('answers every typed method as the board itself does', async () => {
    const { board, client } = await openClient(place);
    await register(board, 'ann', 'note');
    const { task } = await client.postTask({ task_type: 'note', label: 'x', task_id: 't1' });
    expect(task).toEqual((await board.getTask('t1')).task);
    await client.updateTask({ task_id: 't1', to_status: 'IN_PROGRESS', assigned_to: 'ann' });
    const beat = await client.postAgentHeartbeat({ agent_id: 'ann', task_id: 't1' });
    expect(beat.abort).toBe(false);
    await client.putData('k', [1]);
    await client.postResult({ task_id: 't1', output: { ok: true } });
    expect(await client.getTask('t1')).toEqual(await board.getTask('t1'));
    const bulk = await client.postTasks([
      { task_type: 'note', label: 'y', task_id: 't2' },
      { task_type: 'note', label: 'z' },
    ]);
    expect(bulk.events).toEqual((await board.streamEvents()).events.slice(-2));
    expect(bulk.tasks[0]).toEqual((await board.getTask('t2')).task);
    expect(await client.getFullState()).toEqual(await board.getFullState());
    expect(await client.listTasksByStatus(['COMPLETE'])).toEqual(await board.listTasksByStatus(['COMPLETE']));
    expect(await client.streamEvents()).toEqual(await board.streamEvents());
    expect(await client.getTaskHistory('t1')).toEqual(await board.getTaskHistory('t1'));
    expect(await client.getAgentActivity('ann')).toEqual(await board.getAgentActivity('ann'));
    expect(await client.getData('k')).toEqual({ key: 'k', value: [1] });
    expect(await client.listData('k')).toEqual({ entries: [{ key: 'k', value: [1] }] });
    expect(await client.deleteData('k')).toEqual({ key: 'k', deleted: true });
    await client.appendFlightLog({ task_id: 't1', stage: 'IN_PROGRESS', payload: { tokens: 3 } });
    expect(await client.flightPlan('t1')).toEqual(await board.flightPlan('t1'));
    expect((await client.archiveTask('t1')).archived).toBe(true);
  });

  it('Q6: a refusal is thrown as the class and with the code and text the board threw', async () => {
    const { board, client } = await openClient(place);
    const { task_id } = await post(board, 'note');
    const refusal = async (call: Promise<unknown>) => {
      const error = await call.then(() => null).catch(thrown => thrown);
      return [error.constructor, error.code, error.message];
    };
    const illegal = { task_id, to_status: 'COMPLETE' };
    expect(await refusal(client.updateTask(illegal))).toEqual(await refusal(board.updateTask(illegal)));
    expect((await refusal(client.updateTask(illegal)))[0]).toBe(TransitionError);
    expect(await refusal(client.getTask('none'))).toEqual([NotFoundError, 'task_not_found', 'Task not found: none']);
    const stale = { task_id, to_status: 'IN_PROGRESS', fence: 0 };
    expect((await refusal(client.updateTask(stale)))[0]).toBe(ConflictError);
    expect((await refusal(client.postTask({ task_type: 'note' } as never)))[0]).toBe(ValidationError);
    const twice = [{ task_type: 'note', label: 'x', task_id }];
    expect(await refusal(client.postTasks(twice))).toEqual(await refusal(board.postTasks(twice)));
    expect((await refusal(client.postTasks(twice)))[1]).toBe('duplicate_task_id');
  });

  it('Q34: the idempotency key travels', async () => {
    const { board, client } = await openClient(place);
    const params = { task_type: 'note', label: 'x' };
    const first = await client.postTask(params, { idempotencyKey: 'k' });
    const again = await client.postTask(params, { idempotencyKey: 'k' });
    expect(again).toEqual(first);
    await expect(client.postTask({ ...params, label: 'y' }, { idempotencyKey: 'k' })).rejects.toThrow(/already used/);
    expect((await board.streamEvents()).events).toHaveLength(1);
  });

  it('a failure without a code, as the reference sends it, is a QuadroError with the text', async () => {
    const network = localNetwork();
    network.registerEndpoint(BOARD_URL, async () => ({ request_id: 'r', ok: false, result: {}, error: 'broken' }));
    const error = await new BoardClient({ network }).getTask('t').catch(thrown => thrown);
    expect(error).toBeInstanceOf(QuadroError);
    expect([error.code, error.message]).toEqual(['remote_error', 'broken']);
  });
});

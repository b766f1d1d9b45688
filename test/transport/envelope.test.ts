import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuadroError } from '../../board/core/errors.ts';
import { INTENT_FIELDS } from '../../board/core/payload.ts';
import { answer, parseRequest, requestOf } from '../../board/transport/envelope.ts';

const GOOD = { intent: 'board.get_task', request_id: 'r1', timestamp: '2026-01-01T00:00:00+00:00', payload: {} };

function codeOf(action: () => unknown): [string, string] | null {
  try {
    action();
    return null;
  } catch (error) {
    return error instanceof QuadroError ? [error.code, error.message] : ['foreign', String(error)];
  }
}

describe('parseRequest', () => {
  it('Q3: names the missing fields, sorted', () => {
    expect(codeOf(() => parseRequest({ intent: 'board.get_task' }))).toEqual([
      'invalid_payload',
      "Missing request fields: ['payload', 'request_id', 'timestamp']",
    ]);
  });

  it('Q3: refuses an unknown intent and a payload that is no object', () => {
    expect(codeOf(() => parseRequest({ ...GOOD, intent: 'board.explode' }))).toEqual([
      'unsupported_intent',
      'Unsupported intent: board.explode',
    ]);
    for (const payload of [[], null, 'x', 1]) {
      expect(codeOf(() => parseRequest({ ...GOOD, payload }))).toEqual([
        'invalid_payload',
        'payload must be an object',
      ]);
    }
  });

  it('Q3: an intent named like a member of every object is unknown', () => {
    for (const intent of ['constructor', '__proto__', 'toString']) {
      expect(codeOf(() => parseRequest({ ...GOOD, intent }))?.[0]).toBe('unsupported_intent');
    }
  });

  it('Q4: accepts the 18 intents of the reference', () => {
    const board = [
      ...['post_task', 'update_task', 'get_task', 'get_full_state', 'list_tasks_by_status', 'register_agent'],
      ...['post_agent_heartbeat', 'stream_events', 'put_data', 'get_data', 'list_data', 'delete_data'],
      ...['get_task_history', 'get_agent_activity', 'archive_task'],
    ].map(name => `board.${name}`);
    const all = [...board, 'chief.wake', 'worker.execute_task', 'worker.post_result'];
    expect(all).toHaveLength(18);
    expect(all.map(intent => parseRequest({ ...GOOD, intent }).intent)).toEqual(all);
    expect(all.filter(intent => !Object.hasOwn(INTENT_FIELDS, intent))).toEqual([]);
  });

  it('takes names of at most 200 bytes beside the payload', () => {
    const context = { actor: 'ann', cycle_id: 'c', tick_id: null };
    expect(parseRequest({ ...GOOD, idempotency_key: 'k', context })).toMatchObject({ idempotency_key: 'k', context });
    for (const bad of [{ idempotency_key: 1 }, { context: [] }, { context: { actor: 'x'.repeat(201) } }]) {
      expect(codeOf(() => parseRequest({ ...GOOD, ...bad }))?.[0]).toBe('invalid_payload');
    }
  });

  it('accepts what requestOf makes', () => {
    const made = requestOf('board.get_task', { task_id: 't' }, { at: 1_500_000, idempotencyKey: 'k' });
    expect(made.timestamp).toBe('1970-01-01T00:00:01.500000+00:00');
    expect(made.request_id).toMatch(/^[0-9a-f]{12}$/);
    expect(parseRequest(made)).toMatchObject({ ...made, context: {} });
  });
});

describe('answer', () => {
  it('Q3: success and failure have the same four fields, a failure its code besides', async () => {
    expect(await answer(GOOD, async () => ({}))).toEqual({ request_id: 'r1', ok: true, result: {}, error: null });
    const failed = await answer(GOOD, async () => {
      throw new Error('no luck');
    });
    expect(failed).toEqual({
      request_id: 'r1',
      ok: false,
      result: {},
      error: 'no luck',
      error_code: 'internal_error',
    });
  });

  it('Q3: mints a request id of 12 hex digits where there is none', async () => {
    const { request_id, ok, error } = await answer({ intent: 'x' }, async () => ({}));
    expect(request_id).toMatch(/^[0-9a-f]{12}$/);
    expect([ok, error]).toEqual([false, "Missing request fields: ['payload', 'request_id', 'timestamp']"]);
  });

  it('Q3: never throws, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything({ withNullPrototype: true }), async request => {
        const response = await answer(request, async () => ({}));
        expect(Object.keys(response)).toEqual(expect.arrayContaining(['request_id', 'ok', 'result', 'error']));
      }),
    );
  });
});

import type { FastifyRequest } from 'fastify';
import { isWriteIntent } from '../core/decide/decide.ts';
import { type ErrorCode, type QuadroError, quadroErrorOf } from '../core/errors.ts';
import type { Intent, ParamsOf, ResultOf } from '../core/intents.ts';
import type { JsonObject } from '../core/json.ts';
import type { BoardCall } from '../transport/board-endpoint.ts';
import { resultToWire } from '../transport/wire.ts';
import type { AdmissionCaller } from './admission/admitted.ts';
import { requestErrorOf } from './public-error.ts';
import type { ServiceContext } from './service-context.ts';
import type { AuditLine } from './service-log.ts';

const NOBODY = { name: 'anonymous', token_id: null };

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

type Named = Pick<AuditLine, 'task_id' | 'agent_id' | 'key'>;

/** What a payload names, whatever its intent; texts of any length are not taken into the log. */
function namedBy(params: Readonly<Record<string, unknown>>): Named {
  const nameOf = (value: unknown): string | null => textOf(value)?.slice(0, 200) ?? null;
  return {
    task_id: nameOf(params.task_id),
    agent_id: nameOf(params.agent_id ?? params.assigned_to),
    key: nameOf(params.key ?? params.role),
  };
}

/** What an answer tells of a write: the id that was minted, the event, the size of a bulk. */
function madeBy(result: Readonly<Record<string, unknown>>): Partial<AuditLine> {
  const { task, tasks, event, events } = result as {
    task?: { task_id: string };
    tasks?: readonly object[];
    event?: { sequence_id: number } | null;
    events?: readonly { sequence_id: number }[];
  };
  return {
    ...(task && { task_id: task.task_id }),
    ...(tasks && { tasks: tasks.length }),
    sequence_id: event?.sequence_id ?? events?.at(-1)?.sequence_id ?? null,
  };
}

function audit(
  { log }: ServiceContext,
  request: FastifyRequest,
  { intent, params, options }: BoardCall,
  outcome: 'ok' | ErrorCode,
  made: Partial<AuditLine> = {},
): void {
  log.audit({
    request_id: request.id,
    intent,
    caller: request.caller ?? NOBODY,
    actor: options.actor ?? null,
    ...namedBy(params as unknown as Readonly<Record<string, unknown>>),
    outcome,
    sequence_id: null,
    tasks: null,
    ...made,
  });
}

/** Leaves the audit line of a write that a caller may not ask for. */
export function auditRefusal(
  context: ServiceContext,
  request: FastifyRequest,
  intent: Intent,
  error: QuadroError,
): void {
  if (!isWriteIntent(intent)) return;
  audit(context, request, { intent, params: {} as ParamsOf<Intent>, options: {} }, error.code);
}

/** Aborted when the answer is out, or its client has gone. */
function untilAnswered({ response }: FastifyRequest): AbortSignal {
  const answered = new AbortController();
  if (response === null || response.destroyed) answered.abort();
  else response.once('close', () => answered.abort());
  return answered.signal;
}

/** Whom a write is recorded for where the request does not say: the token's name. */
export function actorOf(request: FastifyRequest): string | null {
  const { caller } = request;
  return caller === null || caller.token_id === null ? null : caller.name;
}

/**
 * Carries out what a request asks of the board and gives the result as it travels. Every write leaves an audit line, the
 * refused ones too.
 *
 * @throws QuadroError
 */
export async function perform<I extends Intent>(
  context: ServiceContext,
  request: FastifyRequest,
  asked: BoardCall<I>,
): Promise<JsonObject> {
  const { intent, params, options } = asked;
  const isWrite = isWriteIntent(intent);
  const caller = request.caller ?? NOBODY;
  try {
    const by: AdmissionCaller = {
      caller,
      request_id: request.id,
      // Made when it is asked for, as only a hook does.
      get signal() {
        return untilAnswered(request);
      },
    };
    const result = await context.admission.call(intent, params, options, by);
    if (isWrite) audit(context, request, asked as BoardCall, 'ok', madeBy(result as Readonly<Record<string, unknown>>));
    return resultToWire(result as ResultOf<Intent>);
  } catch (error) {
    if (isWrite) audit(context, request, asked as BoardCall, requestErrorOf(error).code);
    throw quadroErrorOf(error);
  }
}

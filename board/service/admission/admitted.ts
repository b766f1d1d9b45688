import { bulkhead } from 'cockatiel';
import type { Board } from '../../board.ts';
import { errorOf, QuadroError } from '../../core/errors.ts';
import type { CallOptions, Intent, ParamsOf, PostTaskParams, ResultOf } from '../../core/intents.ts';
import { checkPayload } from '../../core/payload.ts';
import type { AdmissionRequest, Admit } from './admission.ts';
import { parseAdmission } from './parse-admission.ts';

/** How many tasks of a bulk the hook is asked about at a time. */
const MAX_ASKED_AT_ONCE = 8;

/** Who asks, for the hook to be told. */
export type AdmissionCaller = Pick<AdmissionRequest, 'caller' | 'request_id' | 'signal'>;

/** A board behind an admission hook. */
export interface AdmittedBoard {
  /**
   * Answers any intent as the board does; posts are asked about first.
   *
   * @throws AccessError (`admission_refused`) with the reason, QuadroError (`admission_unavailable`) where the hook failed, and
   * what the board throws; then nothing was written.
   */
  call<I extends Intent>(
    intent: I,
    params: ParamsOf<I>,
    options: CallOptions,
    by: AdmissionCaller,
  ): Promise<ResultOf<I>>;
}

/**
 * Puts a hook before the posts of a board. A post under an idempotency key that the board knows is not asked about again: it
 * gets the first answer, whatever the hook would say now. Of a bulk every task is asked about, and all are posted or none.
 *
 * @example
 * const posts = admitted(board, task => (task.priority === 0 ? { verdict: 'refuse', reason: 'never 0' } : { verdict: 'allow' }));
 * await posts.call('board.post_task', { task_type: 'memo', label: 'x' }, {}, { caller, request_id, signal });
 */
export function admitted(board: Pick<Board, 'call' | 'remembers'>, admit: Admit | undefined): AdmittedBoard {
  if (admit === undefined) return { call: (intent, params, options) => board.call(intent, params, options) };
  return {
    async call(intent, params, options, by) {
      const given = params as object;
      if (!isPost(intent)) return await board.call(intent, params, options);
      // The gate is not troubled with what the board will refuse anyhow; how large it may be only the board knows.
      checkPayload(intent, given as Readonly<Record<string, unknown>>, Number.POSITIVE_INFINITY);
      const key = options.idempotencyKey ?? null;
      if (key !== null && (await board.remembers(key))) return await board.call(intent, params, options);
      const request = { ...by, idempotency_key: key };
      const asked =
        intent === 'board.post_task'
          ? await admittedTask(admit, given as PostTaskParams, request)
          : await admittedBulk(admit, given as ParamsOf<'board.post_tasks'>, request);
      return await board.call(intent, asked as ParamsOf<typeof intent>, options);
    },
  };
}

function isPost(intent: Intent): boolean {
  return intent === 'board.post_task' || intent === 'board.post_tasks';
}

/** The task as it may be posted. */
async function admittedTask(admit: Admit, task: PostTaskParams, request: AdmissionRequest): Promise<PostTaskParams> {
  const admission = await ask(admit, task, request);
  if (admission.verdict === 'refuse') {
    const { reason } = admission;
    throw errorOf('admission_refused', `The task is refused: ${reason}`, { details: { reason } });
  }
  return admission.verdict === 'hold' ? { ...task, hold: admission.reason } : task;
}

async function ask(admit: Admit, task: PostTaskParams, request: AdmissionRequest) {
  try {
    // A copy: what the hook does to it must not reach the board.
    const admission = parseAdmission(await admit(structuredClone(task), request));
    if (admission !== null) return admission;
  } catch (error) {
    if (error instanceof QuadroError && error.code === 'admission_unavailable') throw error;
    throw unavailable(error);
  }
  throw unavailable(null);
}

function unavailable(cause: unknown): QuadroError {
  const message = 'The admission hook failed, and no task was posted: try again later, or look at the hook';
  return errorOf('admission_unavailable', message, cause === null ? {} : { cause });
}

/** Asks about every task, a few at a time; the first that is not let in stops the rest. */
async function admittedBulk(
  admit: Admit,
  { tasks }: ParamsOf<'board.post_tasks'>,
  request: AdmissionRequest,
): Promise<ParamsOf<'board.post_tasks'>> {
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const turns = bulkhead(MAX_ASKED_AT_ONCE, Number.POSITIVE_INFINITY);
  const asked = tasks.map((task, index) =>
    turns.execute(async () => {
      if (stop.signal.aborted) return task;
      try {
        return await admittedTask(admit, task, { ...request, request_id: `${request.request_id}/${index}`, signal });
      } catch (error) {
        stop.abort();
        throw atPlace(error, index);
      }
    }),
  );
  try {
    return { tasks: await Promise.all(asked) };
  } finally {
    await Promise.allSettled(asked);
  }
}

function atPlace(error: unknown, index: number): unknown {
  if (!(error instanceof QuadroError)) return error;
  const { code, message, details, cause } = error;
  return errorOf(code, `tasks[${index}]: ${message}`, { details: { index, ...details }, cause });
}

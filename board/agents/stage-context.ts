import { parseTraceParent, type TraceParent } from '../core/trace-ids.ts';

type Api = typeof import('@opentelemetry/api');

/** Under names like this OpenTelemetry's API, one of each major version, keeps what has been registered with it. */
const REGISTRY = /^opentelemetry\.js\.api\.\d+$/;

/** Whether anything of this process can make a context active. Asked anew each time: it may be registered late. */
function hasContextManager(): boolean {
  return Object.getOwnPropertySymbols(globalThis).some(symbol => {
    if (!REGISTRY.test(Symbol.keyFor(symbol) ?? '')) return false;
    const registry: unknown = Reflect.get(globalThis, symbol);
    return typeof registry === 'object' && registry !== null && 'context' in registry;
  });
}

function boundTo<Work extends () => unknown>(
  { context, ROOT_CONTEXT, trace }: Api,
  span: TraceParent,
  work: Work,
): Work {
  // From the root: whoever's commit happened to wake the Chief is not what this work belongs to.
  return context.bind(trace.setSpanContext(ROOT_CONTEXT, { ...span, isRemote: true }), work);
}

/**
 * Makes a stage's span the active one while its work runs, so that what the work traces are the stage's children. The board
 * needs no OpenTelemetry for it: where nobody in the process has registered a context manager, nothing is loaded.
 */
export class StageContext {
  readonly #onError: (what: string, error: unknown) => void;
  #api: Promise<Api> | null = null;
  #hasFailed = false;

  /** `onError` is told once why spans do not nest; the work is done all the same. */
  constructor(onError: (what: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Does the work: under the span that the `traceparent` names, where it names one and the process can make it active. */
  async run<Value>(traceparent: string | null, work: () => Value): Promise<Awaited<Value>> {
    const span = traceparent === null ? null : parseTraceParent(traceparent);
    if (span === null || this.#hasFailed || !hasContextManager()) return await work();
    let inStage = work;
    try {
      this.#api ??= import('@opentelemetry/api');
      inStage = boundTo(await this.#api, span, work);
    } catch (error) {
      // Whoever waited for the same import has the same to say.
      if (!this.#hasFailed) this.#onError('Spans of work cannot nest under its stage', error);
      this.#hasFailed = true;
    }
    return await inStage();
  }
}

import {
  type Attributes,
  type HrTime,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api';
import { type Micros, US_PER_SECOND } from '../../board/core/time.ts';

/** A simulated call of a model. */
export interface ModelCall {
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Who runs the demo's models: nobody, since none is called. */
const PROVIDER = 'demo';

/**
 * What the newsroom's agents do besides thinking for themselves, each call a span by OpenTelemetry's conventions for
 * generative AI. It belongs to the active span: to the stage whose worker makes the call.
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-spans.md
 */
export class AgentCalls {
  readonly #tracer: Tracer;
  readonly #clock: () => Micros;

  /** `clock` is the board's: two clocks would put a call that fills its stage a little outside of it. */
  constructor(tracer: Tracer, clock: () => Micros) {
    this.#tracer = tracer;
    this.#clock = clock;
  }

  /** Asks a model, which takes as long as `answer` does. */
  async chat({ model, inputTokens, outputTokens }: ModelCall, answer: () => Promise<void>): Promise<void> {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': PROVIDER,
      'gen_ai.request.model': model,
      'gen_ai.output.type': 'text',
    };
    await this.#traced(`chat ${model}`, { kind: SpanKind.CLIENT, attributes }, async () => {
      await answer();
      return {
        'gen_ai.response.model': model,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': inputTokens,
        'gen_ai.usage.output_tokens': outputTokens,
      };
    });
  }

  /** Uses a tool, which takes as long as `run` does. */
  async executeTool(tool: string, run: () => Promise<void>): Promise<void> {
    const attributes = {
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': tool,
      'gen_ai.tool.type': 'datastore',
    };
    await this.#traced(`execute_tool ${tool}`, { kind: SpanKind.INTERNAL, attributes }, async () => {
      await run();
      return {};
    });
  }

  async #traced(name: string, options: SpanOptions, call: () => Promise<Attributes>): Promise<void> {
    const span = this.#tracer.startSpan(name, { ...options, startTime: this.#now() });
    try {
      span.setAttributes(await call());
    } catch (error) {
      markFailed(span, error);
      throw error;
    } finally {
      span.end(this.#now());
    }
  }

  #now(): HrTime {
    const micros = this.#clock();
    const seconds = Math.floor(micros / US_PER_SECOND);
    return [seconds, (micros - seconds * US_PER_SECOND) * 1000];
  }
}

function markFailed(span: Span, error: unknown): void {
  const { message, name, code = name } = error as Error & { code?: string };
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { QuadroError } from '../../board/core/errors.ts';
import type { SpanSink } from '../../exporters/otel/sink.ts';

/** Spans a line of the file, and a request. */
const BATCH_SPANS = 512;
const FLUSH_MS = 500;
/** How long the end may take to send what is left. */
const STOP_MS = 5_000;

/** What became of the spans. */
export interface SpanOutboxSummary {
  readonly spans: number;
  /** Taken by the receiver. */
  readonly delivered: number;
  /** Why not all were, or null. */
  readonly obstacle: string | null;
}

/**
 * Writes all spans that end into a file, and then sends them to a receiver, if there is one. A receiver that fails holds
 * nothing up: what it did not take is in the file.
 */
export class SpanOutbox implements SpanProcessor {
  readonly #file: SpanSink;
  readonly #receiver: SpanSink | null;
  readonly #cutOff = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #ended: ReadableSpan[] = [];
  #unsent: ReadableSpan[] = [];
  #spans = 0;
  #delivered = 0;
  #obstacle: string | null = null;
  #isRefused = false;
  #fileError: QuadroError | null = null;
  #writing: Promise<void> = Promise.resolve();
  #sending: Promise<void> | null = null;

  constructor(file: SpanSink, receiver: SpanSink | null) {
    this.#file = file;
    this.#receiver = receiver;
    this.#timer = setInterval(() => void this.forceFlush(), FLUSH_MS).unref();
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#ended.push(span);
  }

  /** Writes what has ended, and has it sent. Never rejects. */
  forceFlush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    this.#sendSoon();
    return this.#writing;
  }

  async shutdown(): Promise<void> {
    await this.stop();
  }

  /**
   * Writes what is left, and sends it within five seconds.
   *
   * @throws QuadroError `storage_failed` where the file could not be written.
   */
  async stop(): Promise<SpanOutboxSummary> {
    clearInterval(this.#timer);
    const timer = setTimeout(() => this.#cutOff.abort(), STOP_MS);
    await this.forceFlush();
    await this.#sending;
    // What was written while the last request was under way.
    this.#sendSoon();
    await this.#sending;
    clearTimeout(timer);
    try {
      if (this.#fileError !== null) throw this.#fileError;
      await this.#file.complete?.();
    } finally {
      await this.#file.close();
      await this.#receiver?.close();
    }
    return { spans: this.#spans, delivered: this.#delivered, obstacle: this.#obstacle };
  }

  async #write(): Promise<void> {
    while (this.#ended.length > 0) {
      const batch = this.#ended.splice(0, BATCH_SPANS);
      const outcome = await this.#file.send(batch, this.#cutOff.signal);
      if (outcome.status === 'refused') this.#fileError ??= outcome.error;
      this.#spans += batch.length;
      this.#unsent.push(...batch);
    }
  }

  #sendSoon(): void {
    this.#sending ??= this.#writing.then(async () => {
      await this.#send();
      this.#sending = null;
    });
  }

  async #send(): Promise<void> {
    while (this.#receiver !== null && !this.#isRefused && this.#unsent.length > 0) {
      const batch = this.#unsent.slice(0, BATCH_SPANS);
      const outcome = await this.#receiver.send(batch, this.#cutOff.signal);
      if (outcome.status !== 'sent') {
        this.#isRefused = outcome.status !== 'later';
        if (this.#cutOff.signal.aborted) this.#obstacle ??= 'it was too slow';
        else this.#obstacle = outcome.status === 'refused' ? outcome.error.message : outcome.reason;
        return;
      }
      this.#unsent = this.#unsent.slice(batch.length);
      this.#delivered += batch.length - outcome.rejected;
      this.#obstacle = outcome.rejected > 0 ? (outcome.message ?? 'the receiver rejected some') : null;
    }
  }
}

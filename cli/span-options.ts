import { InvalidArgumentError } from 'commander';
import { ConfigurationError } from '../board/core/errors.ts';
import { isoOf, type Micros } from '../board/core/time.ts';
import type { ExportOptions, OtlpProtocol } from '../exporters/otel/index.ts';

/** The options of `quadro spans`, as the command line gives them. */
export interface SpanOptions {
  readonly otlp?: string;
  readonly to?: string;
  readonly verify?: string;
  readonly follow?: boolean;
  readonly header?: readonly string[];
  readonly protocol?: OtlpProtocol;
  readonly destination?: string;
  readonly deadLetter?: string;
  readonly leaseSeconds?: number;
  readonly from?: number;
  readonly since?: Micros;
  readonly until?: Micros;
  readonly task?: readonly string[];
  readonly maxSpanAge?: number;
  readonly sample?: number;
  /** False by `--no-quiet-ticks`. */
  readonly quietTicks?: boolean;
  readonly genAi?: string;
  readonly label?: boolean;
  readonly board?: string;
  readonly json?: boolean;
}

/** Which spans, as sending and verifying take them. */
export type Selection = Pick<
  ExportOptions,
  'from' | 'since' | 'until' | 'taskIds' | 'maxSpanAgeMs' | 'sampleRatio' | 'quietTicks' | 'genAi' | 'withLabel'
>;

/**
 * Which spans the options ask for.
 *
 * @throws ConfigurationError (`invalid_configuration`) for a stretch of time that ends before it begins.
 */
export function selectionOf(options: SpanOptions): Selection {
  const { from, since, until, task, maxSpanAge, sample, quietTicks, genAi, label = false } = options;
  if (since !== undefined && until !== undefined && since >= until) {
    throw new ConfigurationError(
      'invalid_configuration',
      `--until ${isoOf(until)} is not after --since ${isoOf(since)}: nothing lies between them`,
    );
  }
  return {
    withLabel: label,
    ...(from !== undefined && { from }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(task !== undefined && { taskIds: task }),
    ...(maxSpanAge !== undefined && { maxSpanAgeMs: maxSpanAge }),
    ...(sample !== undefined && { sampleRatio: sample }),
    ...(quietTicks !== undefined && { quietTicks }),
    ...(genAi !== undefined && { genAi: { providerName: genAi } }),
  };
}

/**
 * Headers by name.
 *
 * @throws ConfigurationError (`invalid_configuration`) for a text that is none; the message does not hold it, since it may be a key.
 */
export function headersOf(texts: readonly string[] = []): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const text of texts) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9a-z-]+):\s*(.*?)\s*$/i.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new ConfigurationError(
        'invalid_configuration',
        "A --header is written 'NAME: VALUE', with a colon between",
      );
    }
    headers[name] = value;
  }
  return headers;
}

/** A `sequence_id`. @throws InvalidArgumentError */
export function sequenceNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be a sequence_id: a whole number from 1.');
  return Number(text);
}

/** A share. @throws InvalidArgumentError */
export function ratio(text: string): number {
  if (!/^(0|1|0?\.\d+|[01]\.0*)$/.test(text))
    throw new InvalidArgumentError('It must be a share from 0 to 1, such as 0.1.');
  return Number(text);
}

/** A number of seconds above 0. @throws InvalidArgumentError */
export function positiveSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && seconds > 0) return seconds;
  throw new InvalidArgumentError('It must be a number of seconds above 0.');
}

/** One more value of an option that may be given several times. */
export function oneMore(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

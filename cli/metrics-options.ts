import { InvalidArgumentError } from 'commander';
import { DEFAULT_LADDERS, type LadderName, type Ladders, type MeasureOptions } from '../exporters/prometheus/index.ts';

/** The options of `quadro metrics`, as the command line gives them. */
export interface MetricsOptions {
  readonly once?: boolean;
  readonly port?: number;
  readonly host: string;
  readonly board?: string;
  readonly disableLabel?: readonly string[];
  readonly enableLabel?: readonly string[];
  readonly maxLabelSets?: number;
  readonly buckets?: Partial<Ladders>;
  readonly dispatchGrace?: number;
}

/** How the options want a board measured; those that are not given keep their defaults. */
export function measuringOf(options: MetricsOptions): MeasureOptions {
  const { disableLabel, enableLabel, maxLabelSets, buckets, dispatchGrace } = options;
  return {
    ...(disableLabel !== undefined && { disabledLabels: disableLabel }),
    ...(enableLabel !== undefined && { enabledLabels: enableLabel }),
    ...(maxLabelSets !== undefined && { maxLabelSets }),
    ...(buckets !== undefined && { buckets }),
    ...(dispatchGrace !== undefined && { dispatchGraceSeconds: dispatchGrace }),
  };
}

/** A port. @throws InvalidArgumentError */
export function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('It must be a port: 0 to 65535.');
  return port;
}

/** A number of label sets. @throws InvalidArgumentError */
export function labelSets(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

function isLadder(name: string): name is LadderName {
  return Object.hasOwn(DEFAULT_LADDERS, name);
}

/** One more ladder, as in `task=1,5,15`. @throws InvalidArgumentError */
export function oneMoreLadder(text: string, before: Partial<Ladders> = {}): Partial<Ladders> {
  const [, name = '', bounds = ''] = /^(\w+)=(.*)$/.exec(text) ?? [];
  if (!isLadder(name)) {
    const known = Object.keys(DEFAULT_LADDERS).join(', ');
    throw new InvalidArgumentError(`It is written LADDER=1,5,15, with one of the ladders ${known}.`);
  }
  const numbers = bounds.split(',').map(bound => (/^\d+(\.\d+)?$/.test(bound.trim()) ? Number(bound) : Number.NaN));
  const rises = numbers.every((bound, index) => bound > (numbers[index - 1] ?? 0));
  if (!rises)
    throw new InvalidArgumentError(`The bounds of ${name} must be numbers above 0 that rise, such as 1,5,15.`);
  return { ...before, [name]: numbers };
}

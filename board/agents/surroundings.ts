import { randomBytes } from 'node:crypto';
import { systemClock } from '../clock.ts';
import type { Micros } from '../core/time.ts';

/** What the agents take from outside, each replaceable, so that a run can be repeated exactly. */
export interface Surroundings {
  /** The time in microseconds. Default: the system's clock. */
  readonly clock?: () => Micros;
  /** Mints ids of cycles, ticks and claims, each unlike any other process's. Default: 12 random hex digits. */
  readonly newId?: () => string;
  /** Told of what failed and was carried on from: an unreachable worker, a lost beat. Default: a warning of the process. */
  readonly onError?: (what: string, error: unknown) => void;
}

/** {@link Surroundings} with every default filled in. */
export type ResolvedSurroundings = Required<Surroundings>;

function warn(what: string, error: unknown): void {
  process.emitWarning(`${what}: ${messageOf(error)}`, 'QuadroAgentWarning');
}

/** Fills in the defaults. */
export function surroundingsOf({ clock, newId, onError }: Surroundings): ResolvedSurroundings {
  const told = onError ?? warn;
  return {
    clock: clock ?? systemClock(),
    newId: newId ?? (() => randomBytes(6).toString('hex')),
    // An observer can never break the observed.
    onError: (what, error) => {
      try {
        told(what, error);
      } catch (failure) {
        warn('onError threw', failure);
      }
    },
  };
}

/** The words of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The longest error a row of a cycle or a tick holds, in UTF-16 units. */
const MAX_ERROR_LENGTH = 1000;

/** The same as a column can hold it, whatever was thrown; null for null. */
export function errorColumn(error: unknown): string | null {
  return error === null ? null : messageOf(error).slice(0, MAX_ERROR_LENGTH).replaceAll('\0', '').toWellFormed();
}

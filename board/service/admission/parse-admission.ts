import { isJsonObject } from '../../transport/envelope.ts';
import type { Admission } from './admission.ts';

/** Longest reason that is kept, in characters; more is cut off. */
const MAX_REASON = 500;

const DEFAULT_REASONS = { refuse: 'refused by the admission gate', hold: 'held by the admission gate' } as const;

/** What a gate answered, or null where it is no answer: an unknown verdict, or a reason that is no text. */
export function parseAdmission(answer: unknown): Admission | null {
  if (!isJsonObject(answer)) return null;
  const { verdict, reason } = answer;
  if (verdict === 'allow') return { verdict };
  if (verdict !== 'refuse' && verdict !== 'hold') return null;
  if (reason === undefined || reason === null || reason === '') return { verdict, reason: DEFAULT_REASONS[verdict] };
  if (typeof reason !== 'string' || reason.includes('\0') || !reason.isWellFormed()) return null;
  return {
    verdict,
    reason: Array.from(reason.slice(0, 2 * MAX_REASON))
      .slice(0, MAX_REASON)
      .join('')
      .toWellFormed(),
  };
}

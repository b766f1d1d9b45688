import { type ErrorCode, errorOf, type QuadroError, quadroErrorOf } from '../../../board/core/errors.ts';
import { isPlainData } from '../../../board/plain-data.ts';

/** An error as one thread tells it to another: a structured clone would leave its code behind. */
export interface ToldError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** The error beneath it, as text. */
  readonly cause: string | null;
}

/** What to send of an error. */
export function toldError(error: unknown): ToldError {
  const { code, message, details, cause } = quadroErrorOf(error);
  const beneath = cause instanceof Error ? (cause.stack ?? cause.message) : null;
  return { code, message, details: isPlainData(details) ? details : {}, cause: beneath };
}

/** The error again. */
export function errorOfTold({ code, message, details, cause }: ToldError): QuadroError {
  return errorOf(code, message, { details, ...(cause !== null && { cause: new Error(cause) }) });
}

import { type TSchema, Type } from 'typebox';
import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts';
import { statusOf } from '../http-status.ts';
import { oneOf, ref } from './record.ts';

/** Every code there is, with a status of its own. */
export const ERROR_CODE: TSchema = {
  ...oneOf(ERROR_CODES),
  description: 'Stable; docs/errors.md says what each means',
};

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request cannot be accepted as it is; nothing was written',
  401: 'No token, or none that is good',
  403: 'The token may not do this, or the gate before the board refused the task',
  404: 'There is no such thing',
  408: 'The client took too long over its request',
  409: "The board's state does not allow it; nothing was written",
  413: 'The body is too large',
  415: 'The body is no JSON',
  429: 'Too many requests; Retry-After says how long to wait',
  500: 'The service failed; its log has the reason under the request id',
  503: 'Not now; Retry-After says when to try again',
};

function errorSchema(codes: readonly ErrorCode[]): TSchema {
  return Type.Object(
    {
      error: Type.String({ description: 'One sentence for people' }),
      error_code: oneOf(codes),
      request_id: Type.String(),
      details: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Facts a program can read' })),
    },
    { additionalProperties: false },
  );
}

function envelopeSchema(codes: readonly ErrorCode[]): TSchema {
  return Type.Object(
    {
      request_id: Type.String(),
      ok: Type.Literal(false),
      result: Type.Object({}, { additionalProperties: false }),
      error: Type.String(),
      error_code: oneOf(codes),
    },
    { additionalProperties: false },
  );
}

const HEADERS: Readonly<Record<number, Readonly<Record<string, TSchema>>>> = {
  401: { 'WWW-Authenticate': Type.String() },
  429: { 'Retry-After': Type.Integer() },
  503: { 'Retry-After': Type.Integer() },
};

/** An answer as the OpenAPI document has it. */
export interface DocumentedAnswer {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>;
  readonly headers?: Readonly<Record<string, TSchema>>;
}

/** An answer of JSON. */
export function jsonAnswer(
  description: string,
  schema: TSchema,
  headers?: Readonly<Record<string, TSchema>>,
): DocumentedAnswer {
  return { description, content: { 'application/json': { schema } }, ...(headers && { headers }) };
}

/** Status → the answer, for each status that one of the codes has. */
export function errorAnswers(codes: Iterable<ErrorCode>, isEnvelope: boolean): Record<number, DocumentedAnswer> {
  const byStatus = Object.groupBy(new Set(codes), statusOf);
  return Object.fromEntries(
    Object.entries(byStatus).map(([text, of = []]) => {
      const status = Number(text);
      const schema = isEnvelope ? envelopeSchema(of) : errorSchema(of);
      return [status, jsonAnswer(MEANINGS[status] ?? 'Refused', schema, HEADERS[status])];
    }),
  );
}

/** The envelope of an answer. */
export const RESPONSE_ENVELOPE: TSchema = Type.Object(
  {
    request_id: Type.String(),
    ok: Type.Boolean(),
    result: Type.Object({}, { additionalProperties: true }),
    error: Type.Union([Type.String(), Type.Null()]),
    error_code: Type.Optional(ref('ErrorCode')),
  },
  { additionalProperties: false },
);

import { type TInteger, type TObject, type TOptional, type TString, Type } from 'typebox';
import { MAX_ID_BYTES } from '../../core/payload.ts';
import { DEFAULT_LIMIT, MAX_LIMIT } from '../paging.ts';
import { type DocumentedAnswer, jsonAnswer } from '../schemas/errors.ts';
import { closed, nullable, ref } from '../schemas/record.ts';

/** An id in an address; the board itself refuses what no id can be. */
export const ID: TString = Type.String({ minLength: 1, maxLength: MAX_ID_BYTES, pattern: '^[^\\0]*$' });

/** `task_id` in a path. */
export const ID_PARAMS: TObject<{ task_id: TString }> = Type.Object({ task_id: ID });

/** Rows a page may hold. */
export const LIMIT: TOptional<TInteger> = Type.Optional(
  Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
);

/** The last number that was read. */
const AFTER: TOptional<TInteger> = Type.Optional(
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
);

/** What every page of a log takes. */
export const LOG_QUERY: TObject<{ after: TOptional<TInteger>; limit: TOptional<TInteger> }> = Type.Object(
  { after: AFTER, limit: LIMIT },
  { additionalProperties: false },
);

/** The header of writes that may be sent twice. */
export const IDEMPOTENCY_HEADERS: TObject<{ 'idempotency-key': TOptional<TString> }> = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_ID_BYTES,
      description: 'Same key and body: the first answer again, and nothing is written',
    }),
  ),
});

/** A page of a log: its rows under their own name, and where the next begins. */
export function logPageAnswer(name: string, schema: string): DocumentedAnswer {
  const next = nullable(Type.Integer({ description: '`after` of the next page; null after the last' }));
  return jsonAnswer(`A page of ${name}, ascending`, closed({ [name]: Type.Array(ref(schema)), next }));
}

/** A page of events. */
export const EVENTS_PAGE: DocumentedAnswer = logPageAnswer('events', 'Event');

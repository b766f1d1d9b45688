import { type TSchema, Type } from 'typebox';
import type { Intent } from '../../core/intents.ts';
import { type FieldKind, type FieldSpec, INTENT_FIELDS, MAX_ID_BYTES } from '../../core/payload.ts';
import { closed, json, nullable, oneOf, ref, time } from './record.ts';

const OF_KIND: Readonly<Record<FieldKind, () => TSchema>> = {
  id: () => Type.String({ minLength: 1, maxLength: MAX_ID_BYTES }),
  text: () => Type.String(),
  texts: () => Type.Array(Type.String()),
  int: () => Type.Integer(),
  micros: time,
  json,
  object: () => Type.Object({}, { additionalProperties: true }),
  bool: () => Type.Boolean(),
  tasks: () => Type.Array(ref('board.post_task'), { minItems: 1, maxItems: 1_000 }),
};

function fieldSchema({ kind, required, nullable: isNullable, values }: FieldSpec): TSchema {
  const plain = values ? oneOf(values) : OF_KIND[kind]();
  const schema = isNullable ? nullable(plain) : plain;
  return required ? schema : Type.Optional(schema);
}

/** An intent's payload as it travels, from the table that the board itself checks it by. */
export function payloadSchema(intent: Intent, without: readonly string[] = []): TSchema {
  const fields = Object.entries(INTENT_FIELDS[intent]).filter(([name]) => !without.includes(name));
  return closed(Object.fromEntries(fields.map(([name, spec]) => [name, fieldSchema(spec)])));
}

import { type TSchema, Type } from 'typebox';
import { type ColumnType, TABLES, type TableName, type TableRecords } from '../../core/tables.ts';

/** The fields of a record that may be null; naming each, so that one added to it cannot be forgotten. */
export type NullableFields<Row> = Readonly<
  Record<{ [Field in keyof Row]-?: null extends Row[Field] ? Field : never }[keyof Row], true>
>;

/** What more is known of a record's fields than its columns say. */
export type FieldSchemas<Row> = Partial<Record<keyof Row, TSchema>>;

/** A time as it travels. */
export const time = (): TSchema =>
  Type.String({
    pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}\\+00:00$',
    description: 'ISO 8601, UTC, microseconds',
    examples: ['2026-01-31T09:30:00.000000+00:00'],
  });

/** Any JSON value. */
export const json = (): TSchema => Type.Unsafe<unknown>({ description: 'Any JSON value' });

/** Or null. */
export const nullable = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);

/** One of these texts. */
export const oneOf = (values: readonly string[]): TSchema => Type.Unsafe<string>({ type: 'string', enum: [...values] });

/** A schema of its own, by its name. */
export const ref = (name: string): TSchema => Type.Unsafe<unknown>({ $ref: `${name}#` });

/** An object with these fields and no other. */
export function closed(fields: Readonly<Record<string, TSchema>>, description?: string): TSchema {
  return Type.Object({ ...fields }, { additionalProperties: false, ...(description && { description }) });
}

const OF_COLUMN: Readonly<Record<ColumnType, () => TSchema>> = {
  text: () => Type.String(),
  int: () => Type.Integer(),
  timestamp: time,
  bool: () => Type.Boolean(),
  json: () => Type.Object({}, { additionalProperties: true }),
  list: () => Type.Array(Type.String()),
};

/** A record as it travels, by its table's columns: the one list that storage, exports and schemas share. */
export function recordSchema<Name extends TableName>(
  table: Name,
  nullables: NullableFields<TableRecords[Name]>,
  known: FieldSchemas<TableRecords[Name]> = {},
): TSchema {
  const schemas = known as Readonly<Record<string, TSchema>>;
  const hasUid = table === 'boards';
  const fields = TABLES[table]
    .filter(({ name }) => name !== 'board_uid' || hasUid)
    .map(({ name, type }): [string, TSchema] => {
      const schema = schemas[name] ?? OF_COLUMN[type]();
      return [name, Object.hasOwn(nullables, name) ? nullable(schema) : schema];
    });
  return closed(Object.fromEntries(fields));
}

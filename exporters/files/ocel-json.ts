import type { Column, ColumnType } from '../../board/core/tables.ts';

/** A type of events or objects, with the types of its attributes. */
export interface TypedName {
  readonly name: string;
  readonly attributes: readonly { readonly name: string; readonly type: string }[];
}

/** Which object, and in what part. */
export interface OcelRelationship {
  readonly objectId: string;
  readonly qualifier: string;
}

/** The types that OCEL 2.0 knows. Values are texts all the same: so says its JSON schema. */
const TYPES: Readonly<Record<ColumnType, string>> = {
  text: 'string',
  int: 'integer',
  timestamp: 'time',
  bool: 'boolean',
  json: 'string',
  list: 'string',
};

/** Columns as attributes of a type. */
export function attributeTypes(columns: readonly Pick<Column, 'name' | 'type'>[]): TypedName['attributes'] {
  return columns.map(({ name, type }) => ({ name, type: TYPES[type] }));
}

/** The id of an object: a task and an agent may have the same one. */
export function objectId(type: string, id: string): string {
  return `${type}:${id}`;
}

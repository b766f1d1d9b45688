/** A value of an event. */
interface OcelAttribute {
  readonly name: string;
  readonly value: string;
}

/** A value of an object from a time on. */
interface OcelTimedAttribute extends OcelAttribute {
  readonly time: string;
}

interface OcelRelationship {
  readonly objectId: string;
  readonly qualifier: string;
}

/** An event of OCEL 2.0. */
export interface OcelEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly attributes: readonly OcelAttribute[];
  readonly relationships: readonly OcelRelationship[];
}

/** An object of OCEL 2.0. */
export interface OcelObject {
  readonly id: string;
  readonly type: string;
  readonly attributes: readonly OcelTimedAttribute[];
  readonly relationships: readonly OcelRelationship[];
}

interface OcelType {
  readonly name: string;
  readonly attributes: readonly { readonly name: string; readonly type: string }[];
}

/** A document of OCEL 2.0. */
export interface Ocel {
  readonly eventTypes: readonly OcelType[];
  readonly objectTypes: readonly OcelType[];
  readonly events: readonly OcelEvent[];
  readonly objects: readonly OcelObject[];
}

/** What the document's JSON schema demands, as the standard publishes it: values are texts, whatever the type says. */
type Shape = 'string' | 'date-time' | readonly [Shape] | { readonly [field: string]: Shape };

const TYPES: Shape = [{ name: 'string', attributes: [{ name: 'string', type: 'string' }] }];
const RELATIONSHIPS: Shape = [{ objectId: 'string', qualifier: 'string' }];
const SHAPE: Shape = {
  eventTypes: TYPES,
  objectTypes: TYPES,
  events: [
    {
      id: 'string',
      type: 'string',
      time: 'date-time',
      attributes: [{ name: 'string', value: 'string' }],
      relationships: RELATIONSHIPS,
    },
  ],
  objects: [
    {
      id: 'string',
      type: 'string',
      attributes: [{ name: 'string', value: 'string', time: 'date-time' }],
      relationships: RELATIONSHIPS,
    },
  ],
};

/** RFC 3339. */
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Type → the texts that are a value of it (the standard's section on attribute types). */
const VALUES: Readonly<Record<string, RegExp>> = {
  string: /^/,
  time: DATE_TIME,
  integer: /^-?\d+$/,
  float: /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/,
  boolean: /^(true|false)$/,
};

function must(isKept: boolean, rule: string): void {
  if (!isKept) throw new Error(`A rule of OCEL 2.0 is broken: ${rule}`);
}

function checkShape(value: unknown, shape: Shape, path: string): void {
  if (typeof shape === 'string') {
    must(typeof value === 'string' && (shape === 'string' || DATE_TIME.test(value)), `${path} is a ${shape}`);
  } else if (Array.isArray(shape)) {
    must(Array.isArray(value), `${path} is an array`);
    for (const [index, each] of (value as unknown[]).entries())
      checkShape(each, shape[0] as Shape, `${path}[${index}]`);
  } else {
    must(typeof value === 'object' && value !== null, `${path} is an object`);
    const fields = value as Readonly<Record<string, unknown>>;
    must(
      Object.keys(fields).every(name => Object.hasOwn(shape, name)),
      `${path} has no other fields: ${Object.keys(fields)}`,
    );
    for (const [name, inner] of Object.entries(shape)) checkShape(fields[name], inner, `${path}.${name}`);
  }
}

function typesOf(types: readonly OcelType[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const byName = new Map(
    types.map(({ name, attributes }) => [name, new Map(attributes.map(each => [each.name, each.type]))]),
  );
  must(byName.size === types.length, 'a type is declared once');
  for (const { name, attributes } of types) {
    must(new Set(attributes.map(each => each.name)).size === attributes.length, `${name} declares an attribute once`);
    must(
      attributes.every(({ type }) => Object.hasOwn(VALUES, type)),
      `${name} has attributes of known types`,
    );
  }
  return byName;
}

function checkMembers(
  members: readonly (OcelEvent | OcelObject)[],
  types: ReadonlyMap<string, ReadonlyMap<string, string>>,
  objectIds: ReadonlySet<string>,
): void {
  must(new Set(members.map(({ id }) => id)).size === members.length, 'an id is used once');
  for (const { id, type, attributes, relationships } of members) {
    const declared = types.get(type);
    must(declared !== undefined, `${id} is of the type ${type}, which is declared`);
    for (const { name, value } of attributes) {
      const kind = declared?.get(name);
      must(kind !== undefined, `${id}.${name} is declared for ${type}`);
      must(VALUES[kind ?? '']?.test(value) === true, `${id}.${name} is a ${kind}: ${value}`);
    }
    for (const { objectId } of relationships)
      must(objectIds.has(objectId), `${id} is related to ${objectId}, which is there`);
    const pairs = relationships.map(({ objectId, qualifier }) => JSON.stringify([objectId, qualifier]));
    must(new Set(pairs).size === pairs.length, `${id} has each relationship once`);
  }
}

/**
 * Checks the rules of OCEL 2.0: its JSON schema, and what a schema cannot say, that types and attributes are declared, values are
 * of their types, ids are unique and lead somewhere, and an object's values stand in the order of time.
 */
export function checkedOcel(json: string): Ocel {
  const document: unknown = JSON.parse(json);
  checkShape(document, SHAPE, 'log');
  const ocel = document as Ocel;
  const objectIds = new Set(ocel.objects.map(({ id }) => id));
  checkMembers(ocel.events, typesOf(ocel.eventTypes), objectIds);
  checkMembers(ocel.objects, typesOf(ocel.objectTypes), objectIds);
  for (const { id, attributes } of ocel.objects) {
    for (const [name, values] of Map.groupBy(attributes, each => each.name)) {
      must(new Set(values.map(({ time }) => time)).size === values.length, `${id}.${name} has one value at a time`);
    }
  }
  for (const { attributes, id } of ocel.events) {
    must(new Set(attributes.map(({ name }) => name)).size === attributes.length, `${id} has an attribute once`);
  }
  return ocel;
}

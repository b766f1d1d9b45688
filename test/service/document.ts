import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../board/core/json.ts';
import type { Answer } from './served.ts';

/** A route as the OpenAPI document has it. */
export interface DocumentedRoute {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly isPublic: boolean;
  /** Status → the schema of its JSON, null where it is none. */
  readonly answers: ReadonlyMap<number, JsonObject | null>;
}

interface Operation {
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, { content: Readonly<Record<string, { schema: JsonObject }>> }>>;
}

/** Checks answers against an OpenAPI document, and remembers which of the documented ones have been seen. */
export class ContractCheck {
  readonly routes: readonly DocumentedRoute[];
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #seen = new Set<string>();

  constructor(document: JsonObject) {
    this.#ajv.addSchema(document, 'openapi');
    const paths = document.paths as unknown as Record<string, Record<string, Operation>>;
    this.routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { security, responses }]) => ({
        method: method.toUpperCase(),
        path,
        isPublic: security.length === 0,
        answers: new Map(
          Object.entries(responses).map(([status, { content }]) => [
            Number(status),
            content['application/json']?.schema ?? null,
          ]),
        ),
      })),
    );
  }

  /** The route that a path belongs to. */
  routeOf(method: string, path: string): DocumentedRoute {
    const [bare = ''] = path.split('?', 1);
    const found = this.routes.find(
      route => route.method === method && new RegExp(`^${route.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(bare),
    );
    if (found === undefined) throw new Error(`${method} ${bare} is not documented`);
    return found;
  }

  /** What is wrong with an answer; none where it is as documented. */
  faultsOf(method: string, path: string, { status, headers, body, text }: Answer): string[] {
    const route = this.routeOf(method, path);
    const name = `${method} ${route.path} ${status}`;
    this.#seen.add(name);
    if (!route.answers.has(status)) return [`${name} is not documented: ${text.slice(0, 200)}`];
    const schema = route.answers.get(status);
    const isJson = headers.get('content-type')?.startsWith('application/json') === true;
    if (schema == null) return isJson ? [`${name} is JSON, and documented as something else`] : [];
    if (!isJson) return [`${name} is ${headers.get('content-type')}, and documented as JSON`];
    let validate = this.#validators.get(name);
    if (validate === undefined) {
      const pointer = [route.path, method.toLowerCase(), 'responses', String(status)]
        .map(part => part.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D'))
        .join('/');
      validate = this.#ajv.compile({ $ref: `openapi#/paths/${pointer}/content/application~1json/schema` });
      this.#validators.set(name, validate);
    }
    if (validate(body)) return [];
    return [`${name}: ${this.#ajv.errorsText(validate.errors)} in ${text.slice(0, 300)}`];
  }

  /** The documented answers that no request has had. */
  unseen(): string[] {
    return this.routes.flatMap(({ method, path, answers }) =>
      [...answers.keys()].map(status => `${method} ${path} ${status}`).filter(name => !this.#seen.has(name)),
    );
  }
}

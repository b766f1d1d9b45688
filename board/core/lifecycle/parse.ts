import { ValidationError } from '../errors.ts';
import { type LifecycleFormat, readDocument } from './document.ts';
import { createLifecycle } from './lifecycle.ts';
import { readLifecycle } from './read-lifecycle.ts';
import type { Lifecycle } from './types.ts';

export type { LifecycleFormat } from './document.ts';

/**
 * The lifecycle that a TOML, YAML or JSON text declares. Keys: `name`, `phases` or `transitions`, `branches`,
 * `revisions`, `loops`, `kinds`, `routes` (docs/lifecycles.md).
 *
 * ```ts
 * parseLifecycle('name = "tiny"\nphases = [["UNASSIGNED", "doing"], ["doing", "done"]]', 'toml');
 * ```
 *
 * @param source what the text is called in an error
 * @throws ValidationError (`invalid_lifecycle`) with every fault in its message and in `details.faults`: what the loader
 * cannot read and, beside that, whatever a board would refuse.
 */
export function parseLifecycle(text: string, format: LifecycleFormat, source = 'The lifecycle'): Lifecycle {
  const document = readDocument(text, format);
  if ('faults' in document) throw faulty(source, document.faults);
  const { definition, faults } = readLifecycle(document.value);
  if (faults.length > 0) throw faulty(source, faults);
  return createLifecycle(definition);
}

function faulty(source: string, faults: readonly string[]): ValidationError {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return new ValidationError('invalid_lifecycle', `${source} has ${count}: ${faults.join('; ')}`, {
    details: { faults },
  });
}

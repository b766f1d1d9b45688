import { ConfigurationError } from '../core/errors.ts';
import { isIdSized, MAX_ID_BYTES } from '../core/payload.ts';
import { telemetryKeyOf } from './chief-telemetry.ts';

/** Most task types one Chief may name: a board lists no more at a time. */
const MAX_TASK_TYPES = 1_000;

/**
 * Checks what a Chief is called and what it sees to: its name is part of a data key and of a role.
 *
 * @throws ConfigurationError (`invalid_configuration`)
 */
export function checkChiefNames(chiefId: string, taskTypes: readonly string[] | null): void {
  const isName = (text: string): boolean => text !== '' && isIdSized(text);
  if (chiefId === '' || !isIdSized(telemetryKeyOf(chiefId))) {
    const most = MAX_ID_BYTES - telemetryKeyOf('').length;
    throw new ConfigurationError('invalid_configuration', `chiefId must be a text of 1 to ${most} bytes`);
  }
  const isListed = taskTypes === null || (taskTypes.length > 0 && taskTypes.length <= MAX_TASK_TYPES);
  if (isListed && (taskTypes ?? []).every(isName)) return;
  throw new ConfigurationError(
    'invalid_configuration',
    `taskTypes must be 1 to ${MAX_TASK_TYPES} task types; without it a Chief sees to all`,
  );
}

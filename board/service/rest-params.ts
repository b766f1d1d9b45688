import { errorOf } from '../core/errors.ts';
import type { Intent, ParamsOf } from '../core/intents.ts';
import type { JsonObject } from '../core/json.ts';
import { INTENT_FIELDS, shortened } from '../core/payload.ts';
import { isJsonObject } from '../transport/envelope.ts';
import { paramsFromWire } from '../transport/wire.ts';

function checkFields(intent: Intent, payload: JsonObject, where: string): void {
  const fields = INTENT_FIELDS[intent];
  const unknown = Object.keys(payload).find(name => !Object.hasOwn(fields, name));
  if (unknown === undefined) return;
  const message = `${where} does not know the field ${shortened(unknown)}; it takes ${Object.keys(fields).join(', ')}`;
  throw errorOf('invalid_payload', message, { details: { unknown: [shortened(unknown)] } });
}

/**
 * A REST body as an intent's parameters. Where an envelope ignores a field it does not know, a body is refused: a caller
 * who wrote it meant something by it.
 *
 * @throws ValidationError (`invalid_payload`)
 */
export function paramsOfRest<I extends Intent>(intent: I, payload: JsonObject): ParamsOf<I> {
  checkFields(intent, payload, intent);
  if (intent === 'board.post_tasks' && Array.isArray(payload.tasks)) {
    payload.tasks.forEach((task, index) => {
      if (isJsonObject(task)) checkFields('board.post_task', task, `tasks[${index}]`);
    });
  }
  return paramsFromWire(intent, payload);
}

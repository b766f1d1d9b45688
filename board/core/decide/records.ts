import { ValidationError } from '../errors.ts';
import type { ResultOf } from '../intents.ts';
import type { Command } from './command.ts';
import { checkNotArchived } from './move-task.ts';
import type { Effect, View } from './view.ts';

/** Data keys with this prefix are the flight logs of tasks: read-only there. */
export const FLIGHT_LOG_PREFIX = '_flight:';

function checkKey(key: string): void {
  if (!key.startsWith(FLIGHT_LOG_PREFIX)) return;
  throw new ValidationError('invalid_payload', `${key} is a flight log: append to it with board.append_flight_log`);
}

/** `board.put_data`: overwrites; no event, no wake. */
export function putData(view: View, command: Command<'board.put_data'>): Effect<ResultOf<'board.put_data'>> {
  const { key, value } = command.params;
  checkKey(key);
  return { result: { key }, dataPut: { key, value, updated_at: view.now } };
}

/** `board.delete_data` */
export function deleteData(view: View, command: Command<'board.delete_data'>): Effect<ResultOf<'board.delete_data'>> {
  const { key } = command.params;
  checkKey(key);
  if (!view.hasData(key)) return { result: { key, deleted: false } };
  return { result: { key, deleted: true }, dataDeleted: key };
}

/** `board.append_flight_log`: append-only, no event. */
export function appendFlightLog(
  view: View,
  command: Command<'board.append_flight_log'>,
): Effect<ResultOf<'board.append_flight_log'>> {
  const { task_id, stage, payload } = command.params;
  checkNotArchived(view.task(task_id));
  const entry = { entry_id: view.board.next_entry_id, task_id, stage, payload, timestamp: view.now };
  return { result: { entry }, entry };
}

/** `board.record_cycle` */
export function recordCycle(
  view: View,
  command: Command<'board.record_cycle'>,
): Effect<ResultOf<'board.record_cycle'>> {
  const cycle = { sequence_id: view.board.next_cycle_sequence_id, ...command.params };
  return { result: { cycle }, cycle };
}

/** `board.record_tick` */
export function recordTick(view: View, command: Command<'board.record_tick'>): Effect<ResultOf<'board.record_tick'>> {
  const tick = { sequence_id: view.board.next_tick_sequence_id, ...command.params };
  return { result: { tick }, tick };
}

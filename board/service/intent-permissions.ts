import type { Intent } from '../core/intents.ts';
import type { Permission } from './caller.ts';

/** What a caller needs for each intent of an envelope. `read` changes nothing; `post` makes tasks and puts them away; `work` is the rest. */
export const PERMISSION_OF_INTENT: Readonly<Record<Intent, Permission>> = {
  'board.post_task': 'post',
  'board.post_tasks': 'post',
  'board.archive_task': 'post',
  'board.get_task': 'read',
  'board.get_full_state': 'read',
  'board.list_tasks_by_status': 'read',
  'board.stream_events': 'read',
  'board.get_data': 'read',
  'board.list_data': 'read',
  'board.get_task_history': 'read',
  'board.get_agent_activity': 'read',
  'board.flight_plan': 'read',
  'board.list_leases': 'read',
  'board.update_task': 'work',
  'board.register_agent': 'work',
  'board.post_agent_heartbeat': 'work',
  'board.put_data': 'work',
  'board.delete_data': 'work',
  'worker.post_result': 'work',
  'worker.execute_task': 'work',
  'chief.wake': 'work',
  'board.append_flight_log': 'work',
  'board.get_open_state': 'work',
  'board.record_cycle': 'work',
  'board.record_tick': 'work',
  'board.set_agent_offline': 'work',
  'board.acquire_lease': 'work',
  'board.release_lease': 'work',
};

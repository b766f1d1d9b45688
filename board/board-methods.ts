import type {
  CallOptions,
  HeartbeatParams,
  Intent,
  IntentPort,
  ParamsOf,
  PostResultParams,
  PostTaskParams,
  RegisterAgentParams,
  ResultOf,
  UpdateTaskParams,
} from './core/intents.ts';
import type { Json } from './core/json.ts';

/**
 * The board's intents as typed methods, over whatever answers `call`: the same for a board in this process and for a
 * client of one elsewhere. Each gives the intent's result object; times are microseconds.
 */
export abstract class BoardMethods implements IntentPort {
  /** Sends any intent, the ones without a method of their own included. */
  abstract call<I extends Intent>(intent: I, params: ParamsOf<I>, options?: CallOptions): Promise<ResultOf<I>>;

  /**
   * Posts a task; it starts UNASSIGNED.
   *
   * @example const { task } = await board.postTask({ task_type: 'article', label: 'Bees' });
   */
  postTask(params: PostTaskParams, options?: CallOptions): Promise<ResultOf<'board.post_task'>> {
    return this.call('board.post_task', params, options);
  }

  /**
   * Posts 1 to 1,000 tasks in one commit: all of them or, where one is refused, none. Each is an event of its own, in the
   * order given.
   *
   * @example
   * const { tasks } = await board.postTasks([
   *   { task_type: 'article', label: 'Bees' },
   *   { task_type: 'article', label: 'Wasps' },
   * ]);
   * @throws what `postTask` throws; the message and `details.index` name the task's place in the list.
   */
  postTasks(tasks: readonly PostTaskParams[], options?: CallOptions): Promise<ResultOf<'board.post_tasks'>> {
    return this.call('board.post_tasks', { tasks }, options);
  }

  /** Moves a task along an edge of its lifecycle. Throws TransitionError where there is none, and nothing is written. */
  updateTask(params: UpdateTaskParams, options?: CallOptions): Promise<ResultOf<'board.update_task'>> {
    return this.call('board.update_task', params, options);
  }

  /** A task by its id, archived ones too. */
  getTask(taskId: string): Promise<ResultOf<'board.get_task'>> {
    return this.call('board.get_task', { task_id: taskId });
  }

  /** Every task that is not archived, every agent, all data. Grows with the board; prefer the filtered queries. */
  getFullState(): Promise<ResultOf<'board.get_full_state'>> {
    return this.call('board.get_full_state', {});
  }

  /** Tasks in any of the statuses, by priority, then by age; none for an empty list. */
  listTasksByStatus(statuses: Iterable<string>): Promise<ResultOf<'board.list_tasks_by_status'>> {
    return this.call('board.list_tasks_by_status', { statuses: [...statuses].sort() });
  }

  /** Registers an agent, or brings its card up to date. */
  registerAgent(params: RegisterAgentParams, options?: CallOptions): Promise<ResultOf<'board.register_agent'>> {
    return this.call('board.register_agent', params, options);
  }

  /** A sign of life; where the answer says `abort`, the assignment it was sent for is over. */
  postAgentHeartbeat(params: HeartbeatParams, options?: CallOptions): Promise<ResultOf<'board.post_agent_heartbeat'>> {
    return this.call('board.post_agent_heartbeat', params, options);
  }

  /** The events after a sequence number, ascending. */
  streamEvents(sinceSequence = 0): Promise<ResultOf<'board.stream_events'>> {
    return this.call('board.stream_events', { since_sequence: sinceSequence });
  }

  /** Sets a data key; no event, no wake. */
  putData(key: string, value: Json): Promise<ResultOf<'board.put_data'>> {
    return this.call('board.put_data', { key, value });
  }

  /** A data key's value, null where it is not there. */
  getData(key: string): Promise<ResultOf<'board.get_data'>> {
    return this.call('board.get_data', { key });
  }

  /** Data entries by key. The prefix is taken as it is: `_` and `%` are no wildcards. */
  listData(prefix = ''): Promise<ResultOf<'board.list_data'>> {
    return this.call('board.list_data', { prefix });
  }

  /** Deletes a data key; `deleted` tells whether it was there. */
  deleteData(key: string): Promise<ResultOf<'board.delete_data'>> {
    return this.call('board.delete_data', { key });
  }

  /** A task's events, ascending; an unknown task has none. */
  getTaskHistory(taskId: string): Promise<ResultOf<'board.get_task_history'>> {
    return this.call('board.get_task_history', { task_id: taskId });
  }

  /** An agent's events, ascending; an unknown agent has none. */
  getAgentActivity(agentId: string): Promise<ResultOf<'board.get_agent_activity'>> {
    return this.call('board.get_agent_activity', { agent_id: agentId });
  }

  /** Archives a finished task: it leaves the lists, and its id stays taken. */
  archiveTask(taskId: string, options?: CallOptions): Promise<ResultOf<'board.archive_task'>> {
    return this.call('board.archive_task', { task_id: taskId }, options);
  }

  /** Posts the result of a task IN_PROGRESS: on to PENDING_REVIEW or COMPLETE, as its profile has it. */
  postResult(params: PostResultParams, options?: CallOptions): Promise<ResultOf<'worker.post_result'>> {
    return this.call('worker.post_result', params, options);
  }

  /** Who holds which role of the board: its Chiefs, its Ombudsman. */
  listLeases(): Promise<ResultOf<'board.list_leases'>> {
    return this.call('board.list_leases', {});
  }

  /** Where a task's time went, stage by stage. */
  flightPlan(taskId: string): Promise<ResultOf<'board.flight_plan'>> {
    return this.call('board.flight_plan', { task_id: taskId });
  }

  /** Adds an entry to a task's flight log: append-only, no event. */
  appendFlightLog(
    params: ParamsOf<'board.append_flight_log'>,
    options?: CallOptions,
  ): Promise<ResultOf<'board.append_flight_log'>> {
    return this.call('board.append_flight_log', params, options);
  }
}

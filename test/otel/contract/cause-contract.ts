import type { CycleSubject, GoldenLog, TickSubject } from './golden-subjects.ts';
import type { Expected } from './stage-contract.ts';

/** `chief cycle` */
export const CYCLE_ATTRIBUTES: Expected<CycleSubject> = {
  'quadro.cycle_id': ({ row }) => row.cycle_id,
  'quadro.chief_id': ({ row }) => row.chief_id,
  'quadro.trigger': ({ row }) => row.trigger,
  'quadro.actions_taken': ({ row }) => row.actions_taken,
  'quadro.cycle_duration_ms': ({ row }) => Math.max(0, row.slept_at - row.woke_at) / 1000,
  'quadro.result': ({ row: { error, actions_taken, trigger } }) => {
    if (error !== null) return 'error';
    if (actions_taken > 0) return 'acted';
    return ['worker', 'board_event'].includes(trigger) ? 'noop' : 'empty';
  },
  'quadro.waiting': ({ row }) => row.waiting,
  'quadro.in_flight': ({ row }) => row.in_flight,
  'quadro.idle_agents': ({ row }) => row.idle_agents,
  'quadro.busy_agents': ({ row }) => row.busy_agents,
  'quadro.coalesced_wakes': ({ row }) => row.coalesced_wakes,
  'quadro.slept_seconds': ({ row: { woke_at, previous_slept_at } }) =>
    previous_slept_at === null ? null : Math.max(0, woke_at - previous_slept_at) / 1e6,
  'error.type': ({ row }) => (row.error === null ? null : '_OTHER'),
};

/** `ombudsman tick` */
export const TICK_ATTRIBUTES: Expected<TickSubject> = {
  'quadro.tick_id': ({ row }) => row.tick_id,
  'quadro.statuses_scanned': ({ row }) => row.statuses_scanned,
  'quadro.tasks_scanned': ({ row }) => row.tasks_scanned,
  'quadro.stale_count': ({ row }) => row.stale_count,
  'quadro.tick_duration_ms': ({ row }) => Math.max(0, row.ended_at - row.started_at) / 1000,
  'error.type': ({ row }) => (row.error === null ? null : '_OTHER'),
};

/** Of the resource, which all spans of a log share. */
export const RESOURCE_ATTRIBUTES: Expected<GoldenLog> = {
  'service.name': () => 'quadro',
  'quadro.board_id': ({ record }) => record.board_id,
  'quadro.board_uid': ({ record }) => record.board_uid,
  'quadro.id_scheme': () => 'quadro/1',
};

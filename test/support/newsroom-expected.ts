/** A distribution: quantiles by linear interpolation, seconds. */
export interface Spread {
  count: number;
  mean: number;
  p50: number;
  p95: number;
  max: number;
}

/** A closed stage, with its times as ISO 8601. */
export interface ClosedStage {
  status: string;
  entered_at: string;
  exited_at: string;
  dwell_seconds: number;
}

/** The shared folder's `data/expected/newsroom.json`: figures that another program computed over the same run. */
export interface NewsroomExpected {
  tasks: number;
  events: number;
  events_by_type: Record<string, number>;
  tasks_by_status: Record<string, number>;
  edges: { from_status: string; to_status: string; count: number }[];
  dwell_seconds_by_status: Record<string, Spread>;
  directly_follows: (Spread & { a: string; b: string })[];
  elapsed_seconds: Spread;
  first_to_last_event_seconds: Spread;
  unlinked_sequence_ids: number[];
  tasks_whose_row_differs_from_the_log: string[];
  variants: number;
  top_variant_count: number;
  revision: { edges: number; decisions: number; rate: number; first_pass_yield: number; revised_tasks: number };
  a_task: { task_id: string; stages: ClosedStage[] };
}

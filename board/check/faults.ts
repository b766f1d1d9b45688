/** What can be wrong with a log; stable words, for programs. */
export type FaultCode =
  /** A number of a log is missing. */
  | 'sequence_gap'
  /** A number comes twice, or after a higher one. */
  | 'sequence_order'
  /** The board's row and its logs disagree about the next number or the last time. */
  | 'board_row'
  /** A task's first event is no post. */
  | 'not_posted'
  /** The event's `from_status` is not where the task's event before left it. */
  | 'broken_link'
  /** What the event says of the stage left is not what the events before say. */
  | 'stage_left'
  /** The task's profile has no such step. */
  | 'illegal_edge'
  /** The step is of another kind. */
  | 'edge_kind'
  /** The stage entered is of another kind. */
  | 'stage_kind'
  /** Not the type that the taxonomy gives this step. */
  | 'event_type'
  /** `finished_sequence_id` is not the event by which the task first finished. */
  | 'finish'
  /** A heartbeat that claims what only a transition can. */
  | 'heartbeat'
  /** Earlier than what came before it. */
  | 'time_order'
  /** The task's type or profile is another than it was. */
  | 'identity'
  /** A profile that the board does not know, or cannot read. */
  | 'unknown_profile'
  /** A task's row differs from what its events say. */
  | 'row_differs'
  /** A task of which there are events and no row. */
  | 'row_missing'
  /** A task of which there is a row and no event. */
  | 'row_without_events';

/** Something wrong with a log. */
export interface Fault {
  readonly code: FaultCode;
  readonly sequence_id: number | null;
  readonly task_id: string | null;
  /** A sentence for people. */
  readonly message: string;
  /** Whether an import brought it along: it says nothing against this board. */
  readonly inherited: boolean;
}

/** Where a fault is. */
export interface FaultPlace {
  readonly sequence_id?: number | null;
  readonly task_id?: string | null;
  readonly inherited: boolean;
}

/** Collects faults: counts all, keeps the first of them, own faults before inherited ones. */
export class FaultList {
  readonly #max: number;
  readonly #own: Fault[] = [];
  readonly #inherited: Fault[] = [];
  #ownCount = 0;
  #inheritedCount = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(code: FaultCode, message: string, { sequence_id = null, task_id = null, inherited }: FaultPlace): void {
    if (inherited) this.#inheritedCount += 1;
    else this.#ownCount += 1;
    const list = inherited ? this.#inherited : this.#own;
    if (list.length < this.#max) list.push({ code, sequence_id, task_id, message, inherited });
  }

  /** Faults that are this board's own. */
  get ownCount(): number {
    return this.#ownCount;
  }

  get inheritedCount(): number {
    return this.#inheritedCount;
  }

  /** At most `max`. */
  kept(): readonly Fault[] {
    return [...this.#own, ...this.#inherited].slice(0, this.#max);
  }
}

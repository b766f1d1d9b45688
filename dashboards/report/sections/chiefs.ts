import type { OfChief } from '../../../analysis/index.ts';
import { type Content, html } from '../html.ts';

/** Chiefs that have a chart of their own. */
const MOST_CHIEFS = 4;

/** Rows by their Chief, in their order. */
export function byChief<Row extends OfChief>(rows: readonly Row[]): readonly (readonly Row[])[] {
  return [...Map.groupBy(rows, ({ board_uid, chief_id }) => JSON.stringify([board_uid, chief_id])).values()];
}

/** What a Chief is called: by its board too where two have one name. */
export function chiefName({ board_uid, chief_id }: OfChief, all: readonly OfChief[]): string {
  const isAlone = all.every(each => each.chief_id !== chief_id || each.board_uid === board_uid);
  return isAlone ? chief_id : `${chief_id} (board ${board_uid.slice(0, 8)})`;
}

/** A chart for each Chief, with its name above where there are several. */
export function eachChief<Row extends OfChief>(rows: readonly Row[], draw: (rows: readonly Row[]) => Content): Content {
  const chiefs = byChief(rows);
  return chiefs.slice(0, MOST_CHIEFS).map(group => {
    const [first] = group;
    const name =
      first === undefined || chiefs.length === 1 ? null : html`<p class="group">${chiefName(first, rows)}</p>`;
    return [name, draw(group)];
  });
}

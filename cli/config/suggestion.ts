/** How many letters one must add, drop or change to make one word of another. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const changed = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** At most a third of a word may be wrong. */
const MAX_SHARE = 1 / 3;

/** The longest word that is looked at. */
const MAX_LENGTH = 100;

/**
 * The known word that somebody may have meant, or null.
 *
 * @example suggestionFor('prot', ['port', 'host']) // 'port'
 */
export function suggestionFor(word: string, known: Iterable<string>): string | null {
  if (word.length > MAX_LENGTH) return null;
  const close = [...known]
    .map(each => ({ each, steps: distance(word, each) }))
    .filter(({ each, steps }) => steps <= Math.max(2, each.length * MAX_SHARE) && steps < each.length)
    .toSorted((a, b) => a.steps - b.steps);
  return close[0]?.each ?? null;
}

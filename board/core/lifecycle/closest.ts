const MAX_LENGTH = 60;

/** `; did you mean "phases"?` where one of the words is close to what was written, else nothing. */
export function suggestion(written: string, words: readonly string[]): string {
  if (written.length > MAX_LENGTH) return '';
  const [best] = words
    .map(word => ({ word, distance: distanceOf(written.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.max(1, Math.floor(word.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return best === undefined ? '' : `; did you mean "${best.word}"?`;
}

/** Levenshtein distance: how many characters must be added, removed or replaced. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, left] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, right] of [...b].entries()) {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

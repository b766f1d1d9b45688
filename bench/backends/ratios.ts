import type { Figures } from '../harness.ts';
import type { Place } from './place.ts';

/** Over, under, and what is aimed at. */
type Pair = readonly [over: string, under: string, aim: string];

const LIFE_PAIRS: Readonly<Record<string, Pair>> = {
  postgres_life_to_pgboss: ['postgres_life', 'pgboss_life', '≥ 1'],
  postgres_life_to_graphile_worker: ['postgres_life', 'graphile_worker_life', '≥ 0.45'],
  postgres_life_to_graphile_worker_tuned: ['postgres_life', 'graphile_worker_tuned_life', 'none'],
};

/** The ratios of the places that are there. SQLite's has no aim: its driver has one writer at a time. */
export function ratiosOf(
  places: readonly Place[],
  figures: Figures,
): Record<string, { readonly value: number; readonly aim: string }> {
  const pairs: [string, Pair][] = places.map(({ name }) => [
    `${name}_api64_to_raw16`,
    [`${name}_api64`, `${name}_raw16`, name === 'sqlite' ? 'none' : '≥ 1'],
  ]);
  if (places.some(({ name }) => name === 'postgres')) pairs.push(...Object.entries(LIFE_PAIRS));
  return Object.fromEntries(
    pairs.map(([name, [over, under, aim]]) => [name, { value: figures.ratio(over, under), aim }]),
  );
}

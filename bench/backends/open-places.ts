import { mysqlPlace } from './mysql-place.ts';
import type { Place } from './place.ts';
import { postgresPlace } from './postgres-place.ts';
import { sqlitePlace } from './sqlite-place.ts';

const SERVERS = [
  {
    label: 'PostgreSQL',
    variable: 'QUADRO_BENCH_POSTGRES',
    url: 'postgres://postgres@127.0.0.1:5432/postgres',
    open: postgresPlace,
  },
  { label: 'MySQL or MariaDB', variable: 'QUADRO_BENCH_MYSQL', url: 'mysql://root@127.0.0.1:3306/', open: mysqlPlace },
] as const;

/** Every place that is there, and a sentence for each server that is not. */
export async function openPlaces(): Promise<{ places: Place[]; missing: string[] }> {
  const places = [sqlitePlace()];
  const missing: string[] = [];
  for (const { label, variable, url, open } of SERVERS) {
    try {
      places.push(await open(process.env[variable] ?? url));
    } catch (error) {
      const reason = error instanceof AggregateError ? error.errors[0] : error;
      missing.push(
        `${label} is left out: ${reason instanceof Error ? reason.message : reason} (${variable} is its URL)`,
      );
    }
  }
  return { places, missing };
}

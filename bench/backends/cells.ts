import { type Figures, quantile } from '../harness.ts';
import type { EventRows } from './event-rows.ts';
import { measureHere, measureInProcesses } from './measure-callers.ts';
import { type Place, withDatabase } from './place.ts';
import { RAW_CONNECTIONS, runRawInserts } from './raw-inserts.ts';
import type { Sizes } from './sizes.ts';

const CALLERS = [1, 16, 64, 256] as const;
/** The callers whose throughput the raw driver is compared with. */
const PAIR_CALLERS = 64;

function addRun(
  figures: Figures,
  name: string,
  unit: string,
  run: { readonly perSecond: number; readonly latencies: readonly number[] },
): void {
  figures.add(name, unit, run.perSecond);
  figures.add(`${name}_p50`, 'ms', quantile(run.latencies, 0.5));
  figures.add(`${name}_p99`, 'ms', quantile(run.latencies, 0.99));
}

async function measureCallers(place: Place, callers: number, sizes: Sizes, figures: Figures): Promise<void> {
  const run = await withDatabase(place, database => measureHere(database, callers, sizes.cellMs));
  addRun(figures, `${place.name}_api${callers}`, 'transitions/s', run);
}

/** The API with 64 callers and the raw driver with 16 connections, one right after the other. */
export async function measurePair(place: Place, rows: EventRows, sizes: Sizes, figures: Figures): Promise<void> {
  await measureCallers(place, PAIR_CALLERS, sizes, figures);
  const raw = await withDatabase(place, database => runRawInserts(database, rows, sizes.cellMs));
  addRun(figures, `${place.name}_raw${RAW_CONNECTIONS}`, 'inserts/s', raw);
}

/** The other numbers of callers in this process, and all of them in four. */
export async function measureGrid(place: Place, sizes: Sizes, figures: Figures): Promise<void> {
  for (const callers of CALLERS) {
    if (callers !== PAIR_CALLERS) await measureCallers(place, callers, sizes, figures);
  }
  for (const callers of CALLERS) {
    const run = await withDatabase(place, database =>
      measureInProcesses(database, callers, { forMs: sizes.cellMs, warmUpMs: sizes.warmUpMs }),
    );
    addRun(figures, `${place.name}_api${callers}_in4`, 'transitions/s', run);
  }
}

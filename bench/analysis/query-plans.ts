import { readFile } from 'node:fs/promises';
import { openAnalysis } from '../../analysis/index.ts';

/** Prints how DuckDB carries these analyses out over a log, as it is in a report: what each step took, and how many rows it gave. */
export async function printPlans(folder: string, names: readonly string[]): Promise<void> {
  const analysis = await openAnalysis(folder, { memoryLimit: '1GB' });
  try {
    await analysis.report();
    for (const name of names) {
      const file = new URL(`../../analysis/sql/${name.replaceAll('_', '-')}.sql`, import.meta.url);
      const [plan] = await analysis.sql(`EXPLAIN ANALYZE ${await readFile(file, 'utf8')}`);
      console.log(`${name}\n${plan?.explain_value ?? ''}`);
    }
  } finally {
    await analysis.close();
  }
}

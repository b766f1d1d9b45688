import { REPORT_NAMES } from '../../analysis/analyses.ts';
import { openLog } from '../../analysis/open-log.ts';
import { sqlFileOf, viewStatements } from '../../analysis/sql-files.ts';
import { openDuckDb } from '../../board/duckdb.ts';

/** A query of a report: what it makes or answers, how long it took, and how DuckDB carried it out. */
export interface MeasuredQuery {
  readonly name: string;
  readonly seconds: number;
  readonly plan: string;
}

const KEPT_TABLE = /CREATE TABLE kept\.(\w+) AS/;

/** Every query of a report over a log, as the report runs them, the slowest first: what it keeps, then the analyses. */
export async function measuredQueries(folder: string): Promise<readonly MeasuredQuery[]> {
  const db = await openDuckDb({ memoryLimit: '1GB' });
  const measured: MeasuredQuery[] = [];
  const measure = async (name: string, sql: string): Promise<void> => {
    const startedAt = performance.now();
    const rows = (await db.connection.runAndReadAll(`EXPLAIN ANALYZE ${sql}`)).getRows();
    measured.push({ name, seconds: (performance.now() - startedAt) / 1000, plan: String(rows[0]?.at(-1) ?? '') });
  };
  try {
    await openLog(db, [folder]);
    const statements = (await viewStatements(true)).flatMap(text => text.replace(/^--.*$/gm, '').split(/;\s*$/m));
    for (const statement of statements.map(each => each.trim()).filter(each => each !== '')) {
      const [, table] = KEPT_TABLE.exec(statement) ?? [];
      if (table === undefined) await db.connection.run(statement);
      else await measure(table, statement);
    }
    for (const name of REPORT_NAMES) await measure(name, (await sqlFileOf(name)).sql.trim().replace(/;$/, ''));
  } finally {
    await db.close();
  }
  return measured.toSorted((a, b) => b.seconds - a.seconds);
}

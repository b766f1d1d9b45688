import pg from 'pg';

/** A statement as it was run last. */
interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Statements that begin with so many equal characters are one. */
const SAME = 100;

const EXPLAINED = /^(select|insert)/i;

/**
 * Runs `work`, and explains each different statement it ran: what PostgreSQL planned and did, on the same rows, rolled back
 * afterwards.
 */
export async function queryPlansOf(url: string, work: () => Promise<unknown>): Promise<readonly string[]> {
  const statements = new Map<string, Statement>();
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]): unknown {
    const [first] = args as [Partial<Statement>];
    if (typeof first === 'object' && first.text !== undefined && EXPLAINED.test(first.text)) {
      // A statement of another group size has the same plan.
      statements.set(first.text.slice(0, SAME), { text: first.text, values: first.values ?? [] });
    }
    return Reflect.apply(query, this, args);
  } as typeof query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return explained(url, [...statements.values()]);
}

async function explained(url: string, statements: readonly Statement[]): Promise<readonly string[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const plans: string[] = [];
    for (const { text, values } of statements) {
      await client.query('begin');
      // What was inserted is there already; the plan is the same for the row that is turned away.
      const insert = text.startsWith('insert') && !text.includes(' on conflict ') ? ' on conflict do nothing' : '';
      const { rows } = await client.query<{ readonly 'QUERY PLAN': string }>({
        text: `explain (analyze, buffers, summary off) ${text}${insert}`,
        values: [...values],
      });
      await client.query('rollback');
      const plan = rows.map(row => `    ${row['QUERY PLAN']}`.slice(0, 160));
      plans.push([`  ${text.replace(/\s+/g, ' ').slice(0, 150)}`, ...plan].join('\n'));
    }
    return plans;
  } finally {
    await client.end();
  }
}

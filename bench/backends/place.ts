/** Inserts one row of `events` as a statement of its own, committed when the promise is kept. */
export type Insert = (row: readonly unknown[]) => Promise<unknown>;

/** Connections of the raw driver, each with its prepared insert. */
export interface Inserters {
  readonly inserts: readonly Insert[];
  close(): Promise<void>;
}

/** A database of the benchmark's own, empty at first. */
export interface BenchDatabase {
  /** What `openBoardAt` takes, here or in another process. */
  readonly url: string;
  openInserters(connections: number): Promise<Inserters>;
  /** The one number a query answers, as column `n`. */
  number(sql: string): Promise<number>;
  drop(): Promise<void>;
}

/** Where the boards of one backend are measured: a server, or a folder of files. */
export interface Place {
  /** `sqlite`, `postgres`, `mysql`: the first word of its figures. */
  readonly name: string;
  /** What it is and which release, as printed. */
  readonly version: string;
  create(): Promise<BenchDatabase>;
  /** Drops whatever is left. */
  close(): Promise<void>;
}

/** Runs `work` on a database of its own and drops it afterwards, so that every run begins with the same. */
export async function withDatabase<Result>(
  place: Place,
  work: (database: BenchDatabase) => Promise<Result>,
): Promise<Result> {
  const database = await place.create();
  try {
    return await work(database);
  } finally {
    await database.drop();
  }
}

/** Throws where a run did not do what its figure says. */
export async function expectNumber(database: BenchDatabase, sql: string, expected: number): Promise<void> {
  const found = await database.number(sql);
  if (found !== expected) throw new Error(`${sql} gives ${found}, not ${expected}`);
}

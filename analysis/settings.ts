import { errorOf } from '../board/core/errors.ts';
import { microsOf } from '../board/core/time.ts';
import { type DuckDb, quoteLiteral } from '../board/duckdb.ts';

/** What a model costs, in dollars a million tokens. */
export interface ModelPrice {
  input_usd_per_million_tokens?: number;
  /** Default: the input's price. */
  cached_input_usd_per_million_tokens?: number;
  output_usd_per_million_tokens?: number;
}

/** What the analyses may be told. In the plain DuckDB shell each is a variable of the same name in snake case. */
export interface AnalysisSettings {
  /** How long work may be stranded before it is a dispatch failure. Default 1. */
  dispatchGraceSeconds?: number;
  /** Until when what is open has lasted, ISO 8601; what came after it has not happened. Default: each log's last time. */
  now?: string;
  /** Model → its price, for flight-log entries that have none. Default: none. */
  modelPrices?: Readonly<Record<string, ModelPrice>>;
}

/** The longest grace: a thousand years in microseconds still are a safe integer. */
const MAX_GRACE_SECONDS = 3e9;

function graceLiteral(seconds: number): string {
  if (seconds >= 0 && seconds <= MAX_GRACE_SECONDS) return `${seconds}`;
  throw errorOf('invalid_configuration', 'dispatchGraceSeconds must be a number of seconds from 0, such as 1 or 0.5');
}

function nowLiteral(now: string): string {
  const micros = microsOf(now);
  if (micros !== null) return `make_timestamp(${micros})`;
  throw errorOf('invalid_configuration', `now must be an ISO 8601 instant such as 2026-01-31T12:00:00Z, not ${now}`);
}

function pricesLiteral(prices: Readonly<Record<string, ModelPrice>>): string {
  for (const [model, price] of Object.entries(prices)) {
    const isPrice = (value: unknown): boolean => typeof value === 'number' && value >= 0 && Number.isFinite(value);
    if (Object.values(price).every(isPrice)) continue;
    throw errorOf('invalid_configuration', `modelPrices: the prices of ${model} must be dollars from 0`);
  }
  return quoteLiteral(JSON.stringify(prices));
}

/**
 * Sets the variables that the `.sql` files read.
 *
 * @throws ConfigurationError (`invalid_configuration`)
 */
export async function applySettings(db: DuckDb, settings: AnalysisSettings): Promise<void> {
  const { dispatchGraceSeconds, now, modelPrices } = settings;
  const variables = {
    dispatch_grace_seconds: dispatchGraceSeconds === undefined ? null : graceLiteral(dispatchGraceSeconds),
    now: now === undefined ? null : nowLiteral(now),
    model_prices: modelPrices === undefined ? null : pricesLiteral(modelPrices),
  };
  for (const [name, literal] of Object.entries(variables)) {
    if (literal !== null) await db.connection.run(`SET VARIABLE ${name} = ${literal}`);
  }
}

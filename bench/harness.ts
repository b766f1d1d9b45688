import { cpus, totalmem } from 'node:os';
import Table from 'cli-table3';

/** A figure over the rounds of a benchmark. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly rounds: readonly number[];
}

/** The value in the middle; what a benchmark quotes. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The q-quantile by linear interpolation. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/** Collects the rounds of each figure, in the order they were first added. */
export class Figures {
  readonly #rounds = new Map<string, { unit: string; rounds: number[] }>();

  add(name: string, unit: string, value: number): void {
    const figure = this.#rounds.get(name) ?? { unit, rounds: [] };
    figure.rounds.push(value);
    this.#rounds.set(name, figure);
  }

  median(name: string): number {
    return median(this.#rounds.get(name)?.rounds ?? []);
  }

  /** The median over the rounds of one figure divided by another of the same round: a drifting machine cancels out. */
  ratio(over: string, under: string): number {
    const unders = this.#rounds.get(under)?.rounds ?? [];
    return median((this.#rounds.get(over)?.rounds ?? []).map((value, round) => value / (unders[round] ?? Number.NaN)));
  }

  all(): Figure[] {
    return [...this.#rounds].map(([name, { unit, rounds }]) => ({ name, unit, rounds }));
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

/**
 * Prints a table for people (machine, versions, each figure with its spread, each ratio with its aim) and, as the last line,
 * the same as one JSON object for programs.
 */
export function printBench(
  bench: string,
  versions: Readonly<Record<string, string>>,
  figures: Figures,
  ratios: Readonly<Record<string, { readonly value: number; readonly aim: string }>>,
): void {
  const [cpu] = cpus();
  console.log(`${cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB`);
  console.log(
    Object.entries({ node: process.version, ...versions })
      .map(pair => pair.join(' '))
      .join(', '),
  );
  const table = new Table({ head: ['figure', 'unit', 'median', 'min', 'max'], style: { head: [], border: [] } });
  for (const { name, unit, rounds } of figures.all()) {
    table.push([name, unit, ...[median(rounds), Math.min(...rounds), Math.max(...rounds)].map(rounded)]);
  }
  console.log(table.toString());
  const aims = new Table({ head: ['ratio', 'median', 'aim'], style: { head: [], border: [] } });
  for (const [name, { value, aim }] of Object.entries(ratios)) aims.push([name, rounded(value), aim]);
  console.log(aims.toString());
  const flat = Object.fromEntries(figures.all().map(({ name, rounds }) => [name, rounded(median(rounds))]));
  const ratioValues = Object.fromEntries(Object.entries(ratios).map(([name, { value }]) => [name, rounded(value)]));
  console.log(JSON.stringify({ bench, figures: flat, ratios: ratioValues }));
}

/**
 * A process that takes terms of a lease as fast as it can, or saves a cursor under those that it is told until it is refused.
 * Arguments: JSON of `RacerOptions`. Prints JSON.
 */
import { createInterface } from 'node:readline';
import { boardCursorStore, type CursorStore, fileCursorStore } from '../../exporters/feed/index.ts';
import { backendOfUrl } from '../support/backend-of-url.ts';
import { claimed, placed, type RacerOptions } from './lease-steps.ts';

const { place, name, takes } = JSON.parse(process.argv[2] ?? '') as RacerOptions;

async function storeAt(): Promise<CursorStore> {
  if (place.endsWith('.json')) return fileCursorStore(place);
  const backend = backendOfUrl(place, { readOnly: true });
  await backend.open();
  return boardCursorStore(backend, 'default', 'otlp');
}

async function take({ lease }: CursorStore): Promise<number[]> {
  const terms: number[] = [];
  while (lease !== undefined && terms.length < takes) {
    const seen = await lease.read();
    const next = claimed(name, (seen?.term ?? 0) + 1);
    if (await lease.replace(seen, next)) terms.push(next.term);
  }
  return terms;
}

/** Saves 0, 1, 2 … until that is refused; answers the refusal's code. */
async function saveUnder(store: CursorStore, term: number): Promise<string> {
  for (let events = 0; ; events++) {
    try {
      await store.save(placed(events), term);
      if (events === 0) console.log('"saving"');
    } catch (error) {
      return String((error as { readonly code?: string }).code);
    }
  }
}

const store = await storeAt();
if (takes > 0) console.log(JSON.stringify(await take(store)));
else {
  for await (const term of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await saveUnder(store, Number(term))));
  }
}
process.exit();

import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { Backend } from '../../board/backends/backend.ts';
import { refusalOf } from '../support/board-steps.ts';

/** Longer than any refusal may take. */
const PROMPT_MS = 8_000;

/** The refusal to open a backend, in which no password may be. */
export async function refusalToOpen(backend: Backend, password: string): Promise<string> {
  const begun = performance.now();
  const error: unknown = await backend.open().then(
    () => 'it opened',
    reason => reason,
  );
  await backend.close();
  expect(performance.now() - begun).toBeLessThan(PROMPT_MS);
  expect(inspect(error, { depth: 20 })).not.toContain(password);
  expect(backend.location).not.toContain(password);
  return refusalOf(Promise.reject(error));
}

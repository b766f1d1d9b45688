import { isPlainData } from '../plain-data.ts';
import type { Reopening } from './backend.ts';

/**
 * How a backend with these options is opened again, or null where an option cannot leave this thread: a function, an object
 * of a class.
 *
 * @param module The URL of the module that exports `factory`: its own `import.meta.url`.
 */
export function reopeningOf(module: string, factory: string, options: object): Reopening | null {
  if (!isPlainData(options)) return null;
  // A copy: what the caller does to its options later does not reach a thread that is started later.
  return { module, factory, options: structuredClone(options) as Reopening['options'] };
}

import { resolve } from 'node:path';
import { QuadroError } from '../../board/core/errors.ts';
import { parseLifecycle } from '../../board/core/lifecycle/parse.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import { loadLifecycle } from '../../board/lifecycle-file.ts';
import { configurationError, type ResolvedConfig } from './resolve-config.ts';

/**
 * The lifecycles that a configuration names or holds.
 *
 * @throws ConfigurationError (`invalid_configuration`) naming every fault of each of them.
 */
export async function loadLifecycles({
  config,
  origins,
  lifecycleFolder,
}: ResolvedConfig): Promise<readonly Lifecycle[]> {
  const loaded: Lifecycle[] = [];
  const faults: string[] = [];
  for (const [index, item] of config.lifecycles.entries()) {
    const source = `lifecycles[${index}] in ${origins.lifecycles.name}`;
    try {
      loaded.push(
        typeof item === 'string'
          ? await loadLifecycle(resolve(lifecycleFolder, item))
          : parseLifecycle(JSON.stringify(item), 'json', source),
      );
    } catch (error) {
      if (!(error instanceof QuadroError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length > 0) throw configurationError(faults);
  return loaded;
}

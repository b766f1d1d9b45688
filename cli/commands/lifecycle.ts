import { Command } from 'commander';
import { QuadroError } from '../../board/core/errors.ts';
import { faultsOf } from '../../board/core/lifecycle/faults.ts';
import type { Lifecycle } from '../../board/core/lifecycle/types.ts';
import { loadLifecycle } from '../../board/lifecycle-file.ts';
import { FoundFaults } from '../exit.ts';
import { print, printable, printJson, table } from '../output.ts';

/** The faults that keep a board from using the file; the lifecycle where it can at least be read. */
async function examine(file: string): Promise<{ lifecycle: Lifecycle | null; faults: readonly string[] }> {
  try {
    const lifecycle = await loadLifecycle(file);
    return { lifecycle, faults: faultsOf(lifecycle.definition) };
  } catch (error) {
    // Without a list of faults there was no file to examine.
    const faults = error instanceof QuadroError ? error.details.faults : undefined;
    if (Array.isArray(faults)) return { lifecycle: null, faults: faults.map(String) };
    throw error;
  }
}

async function check(file: string, options: { json?: boolean }): Promise<void> {
  const { lifecycle, faults } = await examine(file);
  if (options.json) await printJson({ name: lifecycle?.name ?? null, ok: faults.length === 0, faults });
  else if (lifecycle !== null && faults.length === 0) {
    await print(`${printable(lifecycle.name)}: no faults, ${lifecycle.columns.length} statuses`);
  } else await print(faults.map(fault => printable(`${file}: ${fault}`)).join('\n'));
  if (faults.length > 0) throw new FoundFaults();
}

async function show(file: string, options: { json?: boolean }): Promise<void> {
  const lifecycle = await loadLifecycle(file);
  if (options.json) {
    await printJson({ ...lifecycle.definition, terminals: [...lifecycle.terminals] });
    return;
  }
  const rows = lifecycle.edges.map(({ from, to, edge }) => [
    from,
    to,
    edge,
    lifecycle.routes.get(from)?.to_status === to ? (lifecycle.routes.get(from)?.capability ?? 'nobody') : '',
  ]);
  await print(
    [
      printable(`${lifecycle.name}: ${lifecycle.columns.join(' · ')}`),
      printable(`terminal: ${[...lifecycle.terminals].join(', ')}`),
      '',
      table(['from', 'to', 'edge', 'dispatched to'], rows),
    ].join('\n'),
  );
}

/** `quadro lifecycle check|show FILE` */
export function lifecycleCommand(): Command {
  const command = new Command('lifecycle')
    .description('Check or show a lifecycle file (TOML, YAML or JSON)')
    .addHelpText('after', '\nExample:\n  quadro lifecycle check newsroom.toml');
  command
    .command('check')
    .argument('<file>', 'a .toml, .yaml, .yml or .json file')
    .description('Name every fault of the file; exit 1 where there is one')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  quadro lifecycle check newsroom.toml')
    .action(check);
  command
    .command('show')
    .argument('<file>', 'a .toml, .yaml, .yml or .json file')
    .description('Print its columns and every legal step')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  quadro lifecycle show newsroom.toml')
    .action(show);
  return command;
}

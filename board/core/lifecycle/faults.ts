import { EXIT_STATUSES, isExitStatus } from '../statuses.ts';
import { BUILTIN_NAMES, statusesOf, terminalsOf } from './lifecycle.ts';
import { STAGE_KINDS } from './stage-kinds.ts';
import type { LifecycleDefinition } from './types.ts';

const MAX_NAME_BYTES = 200;

/**
 * Everything for which a board refuses a definition, a sentence each; none where it can be used. docs/lifecycles.md lists
 * every sentence.
 *
 * @param labels where each edge was declared (`phases[2]`), for a definition read from a file
 */
export function faultsOf(definition: LifecycleDefinition, labels: readonly string[] = []): string[] {
  return [...stepFaultsOf(definition, labels), ...wholeFaultsOf(definition)];
}

/** The faults that can be told from the steps that are known, whatever others there may be: bad names and repeats. */
export function stepFaultsOf(definition: LifecycleDefinition, labels: readonly string[] = []): string[] {
  return [
    ...profileNameFaultsOf(definition.name),
    ...[...statusesOf(definition)].flatMap(status =>
      nameFaultsOf(status).map(fault => `status ${quote(status)} ${fault}`),
    ),
    ...repeatFaultsOf(definition, labels),
  ];
}

function wholeFaultsOf(definition: LifecycleDefinition): string[] {
  const names = statusesOf(definition);
  return [
    ...graphFaultsOf(definition),
    ...columnFaultsOf(definition, names),
    ...kindFaultsOf(definition, names),
    ...routeFaultsOf(definition, names),
  ];
}

function graphFaultsOf(definition: LifecycleDefinition): string[] {
  const starts = definition.edges.some(({ from }) => from === 'UNASSIGNED');
  return [
    ...(starts ? unreachableFaultsOf(definition) : ['no step leaves UNASSIGNED, where every task starts']),
    ...(terminalsOf(definition).length > 0
      ? []
      : ['no status is terminal: a step leaves every status, so no task could ever finish']),
  ];
}

function columnFaultsOf({ columns }: LifecycleDefinition, names: ReadonlySet<string>): string[] {
  const shown = new Set(columns);
  return [...names]
    .filter(status => !shown.has(status) && !isExitStatus(status))
    .map(status => `status ${quote(status)} has no column: only a revision, a loop or the start of a branch names it`);
}

/** What is wrong with a name (of a status, a profile or a capability). */
export function nameFaultsOf(name: string): string[] {
  if (name === '') return ['is empty'];
  const bytes = Buffer.byteLength(name);
  return [
    ...(bytes > MAX_NAME_BYTES ? [`is too long: ${bytes} bytes, at most ${MAX_NAME_BYTES}`] : []),
    ...(name.includes('\0') ? ['holds a NUL character'] : []),
    ...(name.isWellFormed() ? [] : ['holds a lone surrogate, which is no text']),
  ];
}

/** A name in quotes, escaped, cut to what fits in a message. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 59)}…` : name);
}

/** Where in a definition a status is a key: `kinds.writing`, and quoted where it is more than a word. */
export function keyAt(key: string, status: string): string {
  return `${key}.${/^[\w-]+$/.test(status) ? status : quote(status)}`;
}

function profileNameFaultsOf(name: string): string[] {
  const faults = nameFaultsOf(name).map(fault => `the name ${quote(name)} ${fault}`);
  return BUILTIN_NAMES.has(name) ? [...faults, `the name ${quote(name)} belongs to a built-in profile`] : faults;
}

function repeatFaultsOf({ edges }: LifecycleDefinition, labels: readonly string[]): string[] {
  const first = new Map<string, number>();
  return edges.flatMap(({ from, to }, index) => {
    const key = JSON.stringify([from, to]);
    const earlier = first.get(key);
    if (earlier === undefined) {
      first.set(key, index);
      return [];
    }
    const step = `the step ${quote(from)} → ${quote(to)}`;
    const [here, there] = [labels[index], labels[earlier]];
    return here && there ? [`${here}: ${step} is declared already, as ${there}`] : [`${step} is declared twice`];
  });
}

function kindFaultsOf({ kinds }: LifecycleDefinition, names: ReadonlySet<string>): string[] {
  return Object.entries(kinds).flatMap(([status, kind]) => [
    ...(names.has(status) || isExitStatus(status) ? [] : [`${keyAt('kinds', status)}: no step names this status`]),
    ...(STAGE_KINDS.includes(kind)
      ? []
      : [`${keyAt('kinds', status)}: ${quote(String(kind))} is none of ${STAGE_KINDS.join(', ')}`]),
  ]);
}

function routeFaultsOf({ routes, edges }: LifecycleDefinition, names: ReadonlySet<string>): string[] {
  return Object.entries(routes).flatMap(([status, { to_status, capability }]) => {
    const at = `${keyAt('routes', status)}:`;
    const faults = capability === null ? [] : nameFaultsOf(capability).map(fault => `${at} its capability ${fault}`);
    if (!names.has(status)) return [`${at} no step names this status`, ...faults];
    if (edges.some(({ from, to }) => from === status && to === to_status)) return faults;
    return [`${at} the step ${quote(status)} → ${quote(to_status)} is not declared`, ...faults];
  });
}

function unreachableFaultsOf(definition: LifecycleDefinition): string[] {
  const next = Map.groupBy(definition.edges, ({ from }) => from);
  // The exits can be reached from anywhere, so what a profile declares out of them counts.
  const reached = new Set(['UNASSIGNED', ...EXIT_STATUSES]);
  for (const status of reached) for (const { to } of next.get(status) ?? []) reached.add(to);
  return [...statusesOf(definition)]
    .filter(status => !reached.has(status))
    .map(status => `status ${quote(status)} cannot be reached from UNASSIGNED`);
}

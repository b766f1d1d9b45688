import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { ConfigurationError } from '../../board/core/errors.ts';
import { maskedUrl } from '../masked-url.ts';
import type { Config, SettingName } from './config.ts';
import type { Given, Layer, Origin } from './given.ts';
import { fileLayer, flagLayer, type ReadLayer, variableLayer } from './layers.ts';
import type { Setting } from './setting.ts';
import { SETTING_LIST } from './settings.ts';

/** What settings are read from. */
export interface ConfigSources {
  /** Name, as files have it → what its flags say; a setting that is on or off has a boolean. */
  readonly flags: ReadonlyMap<string, boolean | readonly string[]>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file of `--config`. Default: that of `QUADRO_CONFIG`, else none. */
  readonly file?: string | undefined;
}

/** The settings, and where each comes from. */
export interface ResolvedConfig {
  readonly config: Config;
  readonly origins: Readonly<Record<SettingName, Origin>>;
  /** The folder that paths of lifecycles are seen from. */
  readonly lifecycleFolder: string;
}

const DEFAULT: Origin = { kind: 'default', name: null };

/** Kubernetes sets a variable QUADRO_PORT of that kind in every container beside a Service named quadro. */
const SERVICE_LINK = /^tcp:\/\//;

/** A value as a fault may quote it. */
function quoted(value: unknown): string {
  const json = JSON.stringify(typeof value === 'string' ? maskedUrl(value) : value) ?? String(value);
  return json.length > 80 ? `${json.slice(0, 79)}…` : json;
}

function typeFault(name: string, setting: Setting<unknown>, { value, origin }: Given): string {
  const where = origin.kind === 'file' ? `${name} in ${origin.name}` : origin.name;
  const found = setting.isSecret ? '' : `, not ${quoted(value)}`;
  const isLink = origin.kind === 'variable' && typeof value === 'string' && SERVICE_LINK.test(value);
  const hint = isLink ? ' (Kubernetes sets it for a Service named quadro: write enableServiceLinks: false)' : '';
  return `${where} must be ${setting.wanted}${found}${hint}`;
}

function label(name: string, { kind, name: place }: Origin): string {
  return kind === 'file' ? `${name} in ${place}` : String(place);
}

/** A secret's text, from the file that was named instead of it. */
async function secretIn(name: string, { value, origin }: Given): Promise<Given | { readonly fault: string }> {
  const where = label(`${name}_file`, origin);
  if (typeof value !== 'string') return { fault: `${where} must be the path of a file` };
  const path = origin.kind === 'file' ? resolve(dirname(String(origin.name)), value) : value;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (text instanceof Error) return { fault: `${where}: ${path} cannot be read: ${text.code ?? text.message}` };
  const secret = text.replace(/\r?\n$/, '');
  return { value: SETTING_LIST.get(name)?.fromText(secret) ?? secret, origin: { ...origin, secretFile: path } };
}

/** What the strongest layer that has it gives for a setting. */
async function find(
  name: string,
  isSecret: boolean,
  layers: readonly Layer[],
): Promise<Given | { readonly fault: string } | null> {
  for (const layer of layers) {
    const given = layer.get(name);
    const inFile = isSecret ? layer.get(`${name}_file`) : undefined;
    if (given !== undefined && inFile !== undefined) {
      const both = `${label(name, given.origin)} and ${label(`${name}_file`, inFile.origin)}`;
      return { fault: `${both} cannot both be given` };
    }
    if (inFile !== undefined) return secretIn(name, inFile);
    if (given !== undefined) return given;
  }
  return null;
}

/** Settings that mean nothing without another, which nobody gave. */
function lonelyFaults(origins: ReadonlyMap<string, Origin>): string[] {
  const faults: string[] = [];
  for (const [name, { needs }] of SETTING_LIST) {
    const origin = origins.get(name) ?? DEFAULT;
    if (needs === undefined || origin.kind === 'default') continue;
    // One that is given and off was on before: whoever turns it off need not take out the rest.
    if (origins.get(needs)?.kind === 'default') faults.push(`${label(name, origin)} means nothing without ${needs}`);
  }
  return faults;
}

async function readLayers({
  flags,
  env,
  file,
}: ConfigSources): Promise<{ layers: Layer[]; faults: string[]; path: string | null }> {
  const path = file ?? (env.QUADRO_CONFIG || null);
  const none: ReadLayer = { layer: new Map(), faults: [] };
  const variables = variableLayer(env);
  const inFile = path === null ? none : await fileLayer(path);
  return {
    layers: [flagLayer(flags), variables.layer, inFile.layer],
    faults: [...variables.faults, ...inFile.faults],
    path,
  };
}

/**
 * The effective settings: flags before `QUADRO_*` variables before the configuration file before the defaults. Nothing but
 * files is looked at.
 *
 * @throws ConfigurationError (`invalid_configuration`) naming every fault, and where it is.
 */
export async function resolveConfig(sources: ConfigSources): Promise<ResolvedConfig> {
  const { layers, faults, path } = await readLayers(sources);
  const values = new Map<string, unknown>();
  const origins = new Map<string, Origin>();
  for (const [name, setting] of SETTING_LIST) {
    const given = await find(name, setting.isSecret === true, layers);
    const isFault = given !== null && 'fault' in given;
    if (isFault) faults.push(given.fault);
    else if (given !== null && !setting.accepts(given.value)) faults.push(typeFault(name, setting, given));
    // What is faulty is given all the same: nothing that needs it is lonely.
    origins.set(name, given === null ? DEFAULT : isFault ? { kind: 'file', name: null } : given.origin);
    values.set(name, given === null || isFault ? setting.initial : given.value);
  }
  faults.push(...lonelyFaults(origins));
  if (faults.length > 0) throw configurationError(faults);
  const lifecyclesFrom = origins.get('lifecycles');
  return {
    config: Object.fromEntries(values) as unknown as Config,
    origins: Object.fromEntries(origins) as Record<SettingName, Origin>,
    lifecycleFolder: path !== null && lifecyclesFrom?.kind === 'file' ? dirname(path) : '.',
  };
}

/** The error of every fault of a configuration. */
export function configurationError(faults: readonly string[]): ConfigurationError {
  return new ConfigurationError('invalid_configuration', faults.join('; '), { details: { faults } });
}

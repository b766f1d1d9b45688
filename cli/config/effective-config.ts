import type { Json } from '../../board/core/json.ts';
import { printable, table } from '../output.ts';
import type { SettingName } from './config.ts';
import type { Origin } from './given.ts';
import type { ResolvedConfig } from './resolve-config.ts';
import { SETTING_LIST } from './settings.ts';

/** A setting as `--print-config` shows it. */
export interface EffectiveSetting {
  readonly value: Json;
  /** Where it comes from, such as `--port`, `QUADRO_PORT`, `quadro.toml` or `default`. */
  readonly source: string;
}

function sourceOf({ name, secretFile }: Origin): string {
  if (name === null) return 'default';
  return secretFile === undefined ? name : `${name}: ${secretFile}`;
}

/** Every setting with its value and source; secrets are hidden. */
export function effectiveConfig({ config, origins }: ResolvedConfig): Readonly<Record<SettingName, EffectiveSetting>> {
  const entries = [...SETTING_LIST].map(([name, { shown }]) => {
    const value = config[name as SettingName] as Json;
    return [name, { value: shown ? shown(value) : value, source: sourceOf(origins[name as SettingName]) }];
  });
  return Object.fromEntries(entries) as Record<SettingName, EffectiveSetting>;
}

/** The same for people. */
export function effectiveConfigText(resolved: ResolvedConfig): string {
  const rows = Object.entries(effectiveConfig(resolved)).map(([name, { value, source }]) => {
    const isEmpty = value === null || (typeof value === 'object' && Object.keys(value).length === 0);
    return [name, isEmpty ? '–' : typeof value === 'string' ? value : JSON.stringify(value), source];
  });
  return table(
    ['setting', 'value', 'source'],
    rows.map(row => row.map(printable)),
  );
}

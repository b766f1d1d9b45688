/** Where a value comes from, the strongest first. */
export type OriginKind = 'flag' | 'variable' | 'file' | 'default';

/** Where a value was found, as faults and `--print-config` tell it. */
export interface Origin {
  readonly kind: OriginKind;
  /** `--port`, `QUADRO_PORT`, or the configuration file's path; null for a default. */
  readonly name: string | null;
  /** The file that holds the secret itself, where the setting names one. */
  readonly secretFile?: string;
}

/** What somebody gave for a setting, or for the file that holds it (`NAME_file`). */
export interface Given {
  readonly value: unknown;
  readonly origin: Origin;
}

/** One place that settings come from: name, as files have it → what was given there. */
export type Layer = ReadonlyMap<string, Given>;

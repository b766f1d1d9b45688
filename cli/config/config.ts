import type { JsonObject } from '../../board/core/json.ts';

/** Every setting of `quadro serve` with its value; what each means stands with its default in `settings.ts`. */
export interface Config {
  readonly database_url: string | null;
  readonly board: string | null;
  readonly lifecycles: readonly (string | JsonObject)[];
  readonly task_types: Readonly<Record<string, string>>;
  readonly resumable: boolean;
  readonly host: string;
  readonly port: number;
  readonly insecure: boolean;
  readonly cors_origins: readonly string[];
  readonly trust_proxy: readonly string[];
  readonly requests_per_minute: number;
  readonly body_limit_bytes: number;
  readonly request_timeout_seconds: number;
  readonly keep_alive_seconds: number;
  readonly heartbeat_seconds: number;
  readonly max_streams: number;
  readonly admission_url: string | null;
  readonly admission_token: string | null;
  readonly admission_timeout_seconds: number;
  readonly admission_retries: number;
  readonly admission_unavailable: 'refuse' | 'allow';
  readonly chief: boolean;
  readonly chief_id: string;
  readonly chief_task_types: readonly string[];
  readonly worker_token: string | null;
  readonly ombudsman: boolean;
  readonly tick_seconds: number;
  readonly timeout_seconds: number;
  readonly status_timeouts: Readonly<Record<string, number>>;
  readonly metrics: boolean;
  readonly otlp_url: string | null;
  readonly otlp_headers: Readonly<Record<string, string>>;
  readonly otlp_protocol: 'http/json' | 'http/protobuf';
  readonly trace_sample_ratio: number;
  readonly max_exporter_lag_events: number;
  readonly log_level: 'debug' | 'info' | 'warn' | 'error';
  readonly drain_seconds: number;
  readonly grace_seconds: number;
}

/** The name of a setting, as files have it. */
export type SettingName = keyof Config;

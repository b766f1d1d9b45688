import type { JsonObject } from '../../board/core/json.ts';
import { isOrigin, isProxy } from '../../board/service/resolve-options.ts';
import { maskedUrl } from '../masked-url.ts';
import type { Config, SettingName } from './config.ts';
import { choice, list, number, type Setting, table, text, textOr, toggle } from './setting.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

const isHttpUrl = (value: string): boolean => /^https?:$/.test(URL.parse(value)?.protocol ?? '');
const HTTP_URL = 'an http:// or https:// address';

const shownUrl = (value: string | null): string | null => (value === null ? null : maskedUrl(value));
const hidden = (value: string | null): string | null => (value === null ? null : '***');
const hiddenValues = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(headers).map(name => [name, '***']));

const isPathOrLifecycle = (item: unknown): boolean =>
  (typeof item === 'string' && item !== '') || (typeof item === 'object' && item !== null && !Array.isArray(item));

/** Everything that `quadro serve` can be told, in the order of its help: the one place that knows names, types and defaults. */
const SETTINGS: { readonly [Name in SettingName]: Setting<Config[Name]> } = {
  database_url: text({
    help: 'where the board is kept: sqlite:FILE, a .db path, postgres://… or mysql://…',
    placeholder: '<url>',
    isSecret: true,
    shown: shownUrl,
  }),
  board: text({
    help: 'which board of the database, made where it is not there; without it the only one, else default',
    placeholder: '<name>',
  }),
  lifecycles: list<string | JsonObject>({
    help: 'lifecycles to register: paths of their files; in a configuration file also the definitions themselves',
    placeholder: '<files>',
    wanted: 'a list of paths (or, in a file, of definitions)',
    isGood: isPathOrLifecycle,
  }),
  task_types: table<string>('text', {
    help: 'which lifecycle tasks of a type go through; others go through review_required',
    placeholder: '<type=lifecycle>',
    wanted: 'a table of task type = lifecycle',
  }),
  resumable: toggle(false, {
    help: 'let HUMAN_REVIEW and ON_HOLD lead back to UNASSIGNED; once on, a board keeps it',
  }),
  host: textOr('127.0.0.1', { help: 'the address to listen on', placeholder: '<address>' }),
  port: number(7337, [0, 65_535], { help: 'the port to listen on; 0 takes a free one', placeholder: '<port>' }),
  insecure: toggle(false, { help: 'serve a public address without any token' }),
  cors_origins: list({
    help: 'origins that browsers may call from; none: CORS is off',
    placeholder: '<origins>',
    wanted: 'a list of origins such as https://example.org',
    isGood: item => typeof item === 'string' && isOrigin(item),
  }),
  trust_proxy: list({
    help: 'proxies whose X-Forwarded-For is believed: addresses, ranges, loopback, linklocal, uniquelocal',
    placeholder: '<addresses>',
    wanted: 'a list of addresses or ranges such as 10.0.0.0/8',
    isGood: item => typeof item === 'string' && isProxy(item),
  }),
  requests_per_minute: number(6_000, [0, 1_000_000_000], {
    help: 'most requests of one client a minute; 0: any number',
    placeholder: '<n>',
  }),
  body_limit_bytes: number(1_114_112, [1, 1_073_741_824], {
    help: 'the largest body of a request',
    placeholder: '<bytes>',
  }),
  request_timeout_seconds: number(15, [1, HOUR_SECONDS], {
    help: 'how long a client may take over its headers and body',
    placeholder: '<s>',
  }),
  keep_alive_seconds: number(60, [1, HOUR_SECONDS], { help: 'how long a connection may be idle', placeholder: '<s>' }),
  heartbeat_seconds: number(15, [1, HOUR_SECONDS], {
    help: 'time between two heartbeats of an event stream',
    placeholder: '<s>',
  }),
  max_streams: number(2_000, [0, 1_000_000], { help: 'most event streams at a time', placeholder: '<n>' }),
  admission_url: text({
    help: 'a gate that is asked before every post (docs/service/admission.md)',
    placeholder: '<url>',
    wanted: HTTP_URL,
    isGood: isHttpUrl,
    shown: shownUrl,
  }),
  admission_token: text({
    help: 'the bearer token that the gate is shown',
    placeholder: '<token>',
    isSecret: true,
    needs: 'admission_url',
    shown: hidden,
  }),
  admission_timeout_seconds: number(2, [0.01, HOUR_SECONDS], {
    help: 'how long the gate may take over an answer',
    placeholder: '<s>',
    isWhole: false,
    needs: 'admission_url',
  }),
  admission_retries: number(2, [0, 100], {
    help: 'how often the gate is asked again where it failed',
    placeholder: '<n>',
    needs: 'admission_url',
  }),
  admission_unavailable: choice(['refuse', 'allow'], 'refuse', {
    help: 'what becomes of posts while the gate does not answer',
    needs: 'admission_url',
  }),
  chief: toggle(false, { help: 'run a Chief in this process, which hands waiting tasks to agents' }),
  chief_id: textOr('chief', {
    help: 'its name; of several of one name one leads',
    placeholder: '<id>',
    needs: 'chief',
  }),
  chief_task_types: list({
    help: 'the task types it sees to; none named: all',
    placeholder: '<types>',
    wanted: 'a list of task types',
    needs: 'chief',
  }),
  worker_token: text({
    help: 'the bearer token that agents are shown; it goes to every address that agents give on the board',
    placeholder: '<token>',
    isSecret: true,
    needs: 'chief',
    shown: hidden,
  }),
  ombudsman: toggle(false, { help: 'run an Ombudsman in this process, which finds work whose worker fell silent' }),
  tick_seconds: number(30, [0.01, DAY_SECONDS], {
    help: 'time between two of its ticks',
    placeholder: '<s>',
    isWhole: false,
    needs: 'ombudsman',
  }),
  timeout_seconds: number(3_000, [0.01, 365 * DAY_SECONDS], {
    help: 'without a sign of life for longer than this, work is taken for dead',
    placeholder: '<s>',
    isWhole: false,
    needs: 'ombudsman',
  }),
  status_timeouts: table<number>('seconds', {
    help: 'statuses with a time-out of their own, in seconds; agents work in them',
    placeholder: '<status=s>',
    wanted: 'a table of status = seconds above 0',
    needs: 'ombudsman',
  }),
  metrics: toggle(true, { help: 'serve Prometheus metrics at /metrics' }),
  otlp_url: text({
    help: 'an OTLP/HTTP endpoint that spans are sent to; none: they are not sent',
    placeholder: '<url>',
    wanted: HTTP_URL,
    isGood: isHttpUrl,
    shown: shownUrl,
  }),
  otlp_headers: table<string>('text', {
    help: 'headers that the endpoint is sent',
    placeholder: '<name=value>',
    wanted: 'a table of header = value',
    isSecret: true,
    needs: 'otlp_url',
    shown: hiddenValues,
  }),
  otlp_protocol: choice(['http/json', 'http/protobuf'], 'http/json', {
    help: 'how spans are written',
    needs: 'otlp_url',
  }),
  trace_sample_ratio: number(1, [0, 1], {
    help: 'the share of traces that is kept, for the exporter and for what workers are told',
    placeholder: '<share>',
    isWhole: false,
  }),
  max_exporter_lag_events: number(0, [0, 1_000_000_000], {
    help: '/ready says no while spans are further behind the log than this; 0: it only tells how far',
    placeholder: '<n>',
    needs: 'otlp_url',
  }),
  log_level: choice(['debug', 'info', 'warn', 'error'], 'info', {
    help: 'the least that is logged; who wrote what is logged in any case',
  }),
  drain_seconds: number(0, [0, HOUR_SECONDS], {
    help: 'how long a service that is stopping still answers everything, while /ready says no',
    placeholder: '<s>',
  }),
  grace_seconds: number(10, [0, DAY_SECONDS], {
    help: 'how long requests under way may then take before they are cut',
    placeholder: '<s>',
  }),
};

/** The settings by name, where it does not matter which one it is. */
export const SETTING_LIST: ReadonlyMap<string, Setting<unknown>> = new Map(
  Object.entries(SETTINGS as unknown as Readonly<Record<string, Setting<unknown>>>),
);

/** `database_url` → `QUADRO_DATABASE_URL` */
export function variableOf(name: string): string {
  return `QUADRO_${name.toUpperCase()}`;
}

/** `database_url` → `--database-url` */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

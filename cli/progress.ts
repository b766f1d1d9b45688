import cliProgress, { type GenericFormatter, type SingleBar } from 'cli-progress';

/** Progress of long work, on stderr, so that stdout stays data. */
export interface Progress {
  /** How far the work is; `total` null where nobody knows; `unit` where something else is counted than before. */
  update(done: number, total?: number | null, unit?: string): void;
  stop(): void;
}

/** Work that is done sooner says nothing. */
const QUIET_MS = 1_000;
/** Where stderr is no terminal, a line this often. */
const LINE_MS = 5_000;

/**
 * Shows progress once the work has taken a second: on a terminal a bar, or a number where nobody knows the total; a line
 * every five seconds elsewhere.
 *
 * @param what What is counted, such as `events`.
 */
export function progressOf(what: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  const startedAt = Date.now();
  let bar: SingleBar | null = null;
  let lineAt = startedAt + QUIET_MS;
  let text = '';
  let hasTotal = false;
  return {
    update(done, total = null, unit = what) {
      const now = Date.now();
      if (now - startedAt < QUIET_MS) return;
      text = `${done}${total === null ? '' : ` of ${total}`} ${unit}`;
      hasTotal = total !== null;
      if (!stream.isTTY) {
        if (now < lineAt) return;
        lineAt = now + LINE_MS;
        stream.write(`${text}\n`);
        return;
      }
      if (bar === null) {
        const format: GenericFormatter = (options, { progress }) =>
          hasTotal ? `${cliProgress.Format.BarFormat(progress, options)} ${text}` : text;
        bar = new cliProgress.SingleBar({ format, stream, hideCursor: true }, cliProgress.Presets.shades_classic);
        bar.start(total ?? 0, done);
      }
      if (total !== null) bar.setTotal(total);
      bar.update(done);
    },
    stop: () => bar?.stop(),
  };
}

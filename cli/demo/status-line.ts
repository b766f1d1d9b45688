import { NEWSROOM } from './newsroom.ts';

/** A line on stderr that says how the run goes. */
export interface StatusLine {
  update(open: ReadonlyMap<string, number>, events: number, elapsedSeconds: number): void;
  stop(): void;
}

/** Where stderr is no terminal, a line this often. */
const LINE_SECONDS = 2;

/** One line that is rewritten on a terminal; a line every two seconds elsewhere. */
export function statusLine(stream: NodeJS.WriteStream = process.stderr): StatusLine {
  let printedAt = Number.NEGATIVE_INFINITY;
  return {
    update(open, events, elapsedSeconds) {
      const columns = NEWSROOM.columns
        .filter(status => open.has(status))
        .map(status => `${status} ${open.get(status)}`);
      const text = `${elapsedSeconds.toFixed(1)} s  ${events} events  ${columns.join('  ') || 'all done'}`;
      if (stream.isTTY) stream.write(`\r\u001b[2K${text.slice(0, stream.columns - 1)}`);
      else if (elapsedSeconds - printedAt >= LINE_SECONDS) {
        printedAt = elapsedSeconds;
        stream.write(`${text}\n`);
      }
    },
    stop: () => void (stream.isTTY && stream.write('\n')),
  };
}

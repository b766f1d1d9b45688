import type { Logger } from 'pino';
import { importPeer } from '../../board/missing-package.ts';
import type { Config } from '../config/config.ts';

/** What waits for a slow reader of the log at most; lines beyond it are left out. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** A log on stdout: one JSON object a line. */
export interface StdoutLog {
  readonly logger: Logger;
  /** Writes what still waits. */
  flush(): void;
}

/**
 * The log of a service. A reader that is slow holds nothing up, and one that goes away ends nothing: what it does not take
 * is left out, and stderr says so once.
 *
 * @throws ConfigurationError (`missing_package`) without pino.
 */
export async function stdoutLog(level: Config['log_level']): Promise<StdoutLog> {
  const { pino } = await importPeer('pino', () => import('pino'));
  const stdout = pino.destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES });
  let isTold = false;
  const tell = (): void => {
    if (!isTold) process.stderr.write('stdout does not take the log: lines are left out, and it goes on\n');
    isTold = true;
  };
  stdout.on('error', tell);
  stdout.on('drop', tell);
  return {
    logger: pino({ level, timestamp: pino.stdTimeFunctions.isoTime }, stdout),
    flush: () => {
      try {
        stdout.flushSync();
      } catch {
        tell();
      }
    },
  };
}

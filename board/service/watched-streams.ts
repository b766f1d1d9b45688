import type { ServerResponse } from 'node:http';
import { quadroErrorOf } from '../core/errors.ts';
import { type Access, type Credentials, checkPermission } from './access.ts';

/** How often it is asked whether those who are being sent events may still have them. */
const LOOK_MS = 5_000;

/** Ends the streams of tokens that expire or are revoked: a stream may last for days. */
export class WatchedStreams {
  readonly #access: Access;
  readonly #streams = new Map<ServerResponse, Credentials>();
  #timer: NodeJS.Timeout | null = null;

  constructor(access: Access) {
    this.#access = access;
  }

  /** Watches a stream until it is closed. */
  watch(response: ServerResponse, { authorization, host }: Credentials): void {
    this.#streams.set(response, { authorization, host });
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS).unref();
    response.once('close', () => {
      this.#streams.delete(response);
      if (this.#streams.size > 0 || this.#timer === null) return;
      clearInterval(this.#timer);
      this.#timer = null;
    });
  }

  async #look(): Promise<void> {
    for (const [response, credentials] of this.#streams) {
      if (!(await this.#mayRead(credentials))) response.destroy();
    }
  }

  async #mayRead(credentials: Credentials): Promise<boolean> {
    try {
      checkPermission(await this.#access.callerOf(credentials), 'read');
      return true;
    } catch (error) {
      // A database that is away says nothing of the token.
      return !['unauthorized', 'forbidden'].includes(quadroErrorOf(error).code);
    }
  }
}

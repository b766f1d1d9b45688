import { QuadroError } from '../../../board/core/errors.ts';

/** How to ask. */
export interface FetchOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole exchange. Default 60,000. */
  readonly timeoutMs?: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** The body of an answer, and where it came from without credentials. */
export interface Answer {
  readonly location: string;
  readonly body: Uint8Array;
}

const WORDS_SHOWN = 200;

/**
 * The answer of a query's URL. A user and password in the URL are sent as basic authentication.
 *
 * @throws QuadroError `remote_error` where it does not answer, or with anything but success; `invalid_source` for a URL that
 * is none, and an answer larger than the limit; `invalid_configuration` for headers that cannot be.
 */
export async function fetchAnswer(text: string, options: FetchOptions): Promise<Answer> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) throw new QuadroError('invalid_source', 'What was given to compare with is no URL');
  const { timeoutMs = 60_000, signal, maxBytes } = options;
  const headers = headersOf(url, options.headers);
  const location = `${url.origin}${url.pathname}`;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(url, {
      headers,
      // Headers that hold a key would go along to wherever it leads.
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const body = await bodyOf(answer, maxBytes, location);
    if (!answer.ok) throw refused(location, answer.status, body);
    return { location, body };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof QuadroError) throw error;
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : causeOf(error);
    throw new QuadroError('remote_error', `${location} cannot be asked: ${reason}`, { cause: error });
  }
}

/** Takes the credentials out of the URL, which fetch would refuse, and into a header. */
function headersOf(url: URL, given: Readonly<Record<string, string>> = {}): Headers {
  const headers = new Headers({ accept: 'application/json' });
  try {
    if (url.username !== '' || url.password !== '') {
      const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
    }
    for (const [name, value] of Object.entries(given)) headers.set(name, value);
  } catch {
    // The error's own words would hold the text.
    throw new QuadroError('invalid_configuration', 'A header or the credentials of the URL cannot be sent as they are');
  }
  url.username = '';
  url.password = '';
  return headers;
}

async function bodyOf(answer: Response, maxBytes: number, location: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw tooLarge(location, maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function refused(location: string, status: number, body: Uint8Array): QuadroError {
  const words = Buffer.from(body).toString('utf8').replace(/\s+/g, ' ').trim().slice(0, WORDS_SHOWN);
  return new QuadroError(
    'remote_error',
    `${location} answered ${status}${words === '' ? '' : ` (${words})`}: ${adviceFor(status)}`,
    { details: { status, location } },
  );
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return 'check the credentials (--header)';
  if (status === 404) return 'it has no such trace, or the path is another; there is nothing to compare with';
  if (status >= 300 && status <= 399) return 'redirects are not followed; give the URL it leads to';
  return status >= 500 ? "look at the backend's log" : 'check the URL';
}

function tooLarge(location: string, maxBytes: number): QuadroError {
  return new QuadroError(
    'invalid_source',
    `The answer of ${location} is larger than ${Math.floor(maxBytes / 1024 ** 2)} MiB: ask for less at a time (a trace, ` +
      'and --task), or save it as OTLP JSON lines and give the file',
    { details: { location, maxBytes } },
  );
}

/** fetch says no more than "fetch failed"; why stands in its cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  return first instanceof Error ? first.message : String(first);
}

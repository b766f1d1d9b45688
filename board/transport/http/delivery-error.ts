import { type ErrorCode, QuadroError } from '../../core/errors.ts';

/** Where a delivery went wrong. */
export interface DeliveryFacts {
  /** Whether it may pass by itself, so that trying again makes sense. */
  readonly isPassing: boolean;
  /** Whether the request may have reached the other side and been carried out there. */
  readonly mayBeDone: boolean;
  readonly cause?: unknown;
  readonly url: string;
}

/** A request that no usable answer came to. */
export class DeliveryError extends QuadroError {
  readonly isPassing: boolean;
  readonly mayBeDone: boolean;

  constructor(code: ErrorCode, message: string, { isPassing, mayBeDone, cause, url }: DeliveryFacts) {
    super(code, message, { cause, details: { url, may_be_done: mayBeDone } });
    this.isPassing = isPassing;
    this.mayBeDone = mayBeDone;
  }

  /** The same, of a request that was sent before and may have been carried out then. */
  afterOneThatMayBeDone(): DeliveryError {
    const { code, message, isPassing, cause, details } = this;
    return new DeliveryError(code, message, { isPassing, mayBeDone: true, cause, url: String(details.url) });
  }
}

/** System code of a connection that was never made → what to do. Nothing was sent. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there; check that it runs, and the host and port',
  ENOTFOUND: 'the host is not known; check its name',
  EAI_AGAIN: 'the host cannot be looked up now; check its name and the network',
  EHOSTUNREACH: 'the host cannot be reached; check the network',
  ENETUNREACH: 'the host cannot be reached; check the network',
  UND_ERR_CONNECT_TIMEOUT: 'no connection came about in time; check the host, the port and the firewall',
};

/** Codes that say the certificate, or TLS itself, is not what was asked for. */
const TLS_CODE = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_VERIFY/;

/** The error beneath what `fetch` throws, and its code. */
function beneath(error: unknown): { readonly code: string; readonly message: string } {
  let inner = error;
  for (let depth = 0; depth < 5; depth++) {
    if (inner instanceof AggregateError && inner.errors.length > 0) inner = inner.errors[0];
    else if (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
    else break;
  }
  const code = inner instanceof Error && 'code' in inner ? String(inner.code) : '';
  return { code, message: inner instanceof Error ? inner.message.trim() : String(inner) };
}

/** What `fetch` threw, in a sentence that says what to do. */
export function deliveryErrorOf(url: string, error: unknown): DeliveryError {
  const { code, message } = beneath(error);
  const advice = UNREACHABLE[code];
  if (advice !== undefined) {
    const facts = { isPassing: true, mayBeDone: false, cause: error, url };
    return new DeliveryError('delivery_failed', `${url} could not be reached (${code}): ${advice}`, facts);
  }
  if (message === 'bad port') {
    const facts = { isPassing: false, mayBeDone: false, cause: error, url };
    return new DeliveryError(
      'delivery_failed',
      `${url} has a port that HTTP clients refuse (WHATWG): take another`,
      facts,
    );
  }
  if (TLS_CODE.test(code)) {
    const facts = { isPassing: false, mayBeDone: false, cause: error, url };
    return new DeliveryError(
      'delivery_failed',
      `${url} could not be trusted (${code}): ${message}; check its certificate, or name its authority in NODE_EXTRA_CA_CERTS`,
      facts,
    );
  }
  const facts = { isPassing: true, mayBeDone: true, cause: error, url };
  return new DeliveryError('delivery_failed', `The connection to ${url} was lost before its answer: ${message}`, facts);
}

/** An answer that did not come in time. */
export function lateError(url: string, timeoutMs: number): DeliveryError {
  const facts = { isPassing: true, mayBeDone: true, url };
  return new DeliveryError('delivery_failed', `${url} did not answer within ${timeoutMs} ms`, facts);
}

/** An answer that is none of ours. */
export function strangeError(url: string, what: string, isPassing: boolean): DeliveryError {
  return new DeliveryError('remote_error', `${url} ${what}`, { isPassing, mayBeDone: true, url });
}

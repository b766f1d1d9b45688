import { ConfigurationError, errorOf } from '../../core/errors.ts';
import type { RequestEnvelope, ResponseEnvelope } from '../envelope.ts';
import type { EndpointHandler, Network } from '../network.ts';
import { carry, keyed } from './carry.ts';
import { type CircuitOptions, type CircuitStats, Circuits } from './circuits.ts';
import { type EndpointServer, type ListenOptions, listenForEndpoints } from './endpoint-server.ts';
import { shownUrl } from './exchange.ts';
import { handlingOf } from './handling.ts';
import { type HttpLimits, isHttp, limitsOf, type ResolvedLimits, type TokenOf } from './http-options.ts';

/** How to carry envelopes over HTTP. */
export interface HttpNetworkOptions extends HttpLimits, CircuitOptions {
  /**
   * The bearer token that requests carry. A text goes to **every** address that agents give on the board; a function chooses by
   * address. Default none.
   */
  readonly token?: string | TokenOf;
}

/** Carries envelopes to `http:` and `https:` addresses of other processes, and inside this one to whatever is registered here. */
export class HttpNetwork implements Network {
  readonly #limits: ResolvedLimits;
  readonly #tokenOf: TokenOf;
  readonly #circuits: Circuits;
  readonly #endpoints = new Map<string, EndpointHandler>();
  readonly #servers = new Set<EndpointServer>();
  readonly #closing = new AbortController();

  /** Use {@link httpNetwork}. */
  constructor(options: HttpNetworkOptions) {
    const { token = null } = options;
    this.#limits = limitsOf(options);
    this.#tokenOf = typeof token === 'function' ? token : () => token;
    this.#circuits = new Circuits(this.#limits);
  }

  /**
   * Delivers an envelope and gives the answer. What a repeat cannot harm is sent again while no answer comes: reads, and
   * writes under an idempotency key, which it mints where there is none.
   *
   * @throws QuadroError `endpoint_not_found` for an address that is neither registered here nor HTTP; `delivery_failed` where
   * nobody answered; `storage_uncertain` for a write of which nobody knows whether it was carried out; `remote_error` for an
   * answer that is none; `agent_unavailable` while an agent's circuit is open; `closed`; `invalid_configuration` for an address
   * that holds credentials.
   */
  async request(url: string, envelope: RequestEnvelope): Promise<ResponseEnvelope> {
    if (this.#closing.signal.aborted) throw errorOf('closed', 'This network is closed');
    const handler = this.#endpoints.get(url);
    if (handler !== undefined) {
      return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(envelope))))) as ResponseEnvelope;
    }
    const address = URL.parse(url);
    if (address === null || !isHttp(address)) {
      throw errorOf('endpoint_not_found', `No endpoint registered for ${url}`, { details: { url } });
    }
    if (address.username !== '' || address.password !== '') {
      const message = `${shownUrl(address)} must hold no credentials: give a token to the network, for that address`;
      throw errorOf('invalid_configuration', message);
    }
    const handling = handlingOf(envelope.intent, envelope.payload, this.#limits);
    const sent = keyed(envelope, handling);
    const carriage = {
      token: this.#tokenOf(address),
      maxAnswerBytes: this.#limits.maxAnswerBytes,
      signal: this.#closing.signal,
    };
    const deliver = (): Promise<ResponseEnvelope> => carry(address, sent, handling, carriage);
    // A board has no circuit: there is no other to turn to, and its leases need it the moment it is back.
    return handling.isForAgent ? this.#circuits.run(shownUrl(address), deliver) : deliver();
  }

  /** Answers requests to an address: from this process at once, from others once {@link listen} was called. */
  registerEndpoint(url: string, handler: EndpointHandler): () => void {
    this.#endpoints.set(url, handler);
    return () => {
      if (this.#endpoints.get(url) === handler) this.#endpoints.delete(url);
    };
  }

  /**
   * Lets other processes reach the `http:` addresses that are registered here: an address answers under its path.
   *
   * @throws ConfigurationError (`invalid_configuration`) for a public host without a token; (`missing_package`).
   * @example
   * const { url } = await network.listen({ port: 9001, token: process.env.AGENT_TOKEN });
   */
  async listen(options: ListenOptions = {}): Promise<EndpointServer> {
    if (this.#closing.signal.aborted) throw errorOf('closed', 'This network is closed');
    const server = await listenForEndpoints(path => this.#endpointAt(path), options);
    this.#servers.add(server);
    return server;
  }

  /** How the addresses of agents have been answering. */
  stats(): readonly CircuitStats[] {
    return this.#circuits.stats();
  }

  /** Stops listening once what is under way is answered, and gives up requests of its own. A second call waits too. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers].map(server => server.close()));
    this.#closing.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #endpointAt(path: string): EndpointHandler | undefined {
    const found = [...this.#endpoints].filter(([url]) => {
      const address = URL.parse(url);
      return address !== null && isHttp(address) && address.pathname === path;
    });
    if (found.length > 1) {
      const urls = found.map(([url]) => url).join(' and ');
      throw new ConfigurationError('invalid_configuration', `${urls} have one path: give each agent its own`);
    }
    return found[0]?.[1];
  }
}

/**
 * A network that reaches other processes over HTTP.
 *
 * @example
 * const network = httpNetwork({ token: process.env.AGENT_TOKEN });
 * const chief = new Chief({ board, network, url: 'http://127.0.0.1:9000/chief' });
 * await network.listen({ port: 9000, token: process.env.AGENT_TOKEN });
 */
export function httpNetwork(options: HttpNetworkOptions = {}): HttpNetwork {
  return new HttpNetwork(options);
}

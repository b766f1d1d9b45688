import { NotFoundError } from '../core/errors.ts';
import type { RequestEnvelope, ResponseEnvelope } from './envelope.ts';

/** Answers the requests of one address. What it is given has travelled: it checks it, and it never throws. */
export type EndpointHandler = (request: unknown) => Promise<ResponseEnvelope>;

/** Whatever carries envelopes from address to address: in this process, or over HTTP. */
export interface Network {
  /** Rejects where the envelope could not be delivered; a refusal is an answer with `ok` false. */
  request(url: string, envelope: RequestEnvelope): Promise<ResponseEnvelope>;
  /**
   * Answers requests to an address from now on; a later registration of the same address replaces the former. The function
   * given back ends it, unless it has been replaced by then.
   */
  registerEndpoint(url: string, handler: EndpointHandler): () => void;
}

/** Carries envelopes inside this process, as the JSON that HTTP would deliver: nobody shares an object with anybody. */
export function localNetwork(): Network {
  const endpoints = new Map<string, EndpointHandler>();
  return {
    async request(url, envelope) {
      const handler = endpoints.get(url);
      if (handler === undefined) {
        throw new NotFoundError('endpoint_not_found', `No endpoint registered for ${url}`, { details: { url } });
      }
      return JSON.parse(JSON.stringify(await handler(JSON.parse(JSON.stringify(envelope))))) as ResponseEnvelope;
    },
    registerEndpoint(url, handler) {
      endpoints.set(url, handler);
      return () => {
        if (endpoints.get(url) === handler) endpoints.delete(url);
      };
    },
  };
}

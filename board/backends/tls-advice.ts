/** What to do where TLS is wanted and the server has none. */
export const NO_TLS_ADVICE = 'the server has no TLS; turn it on there, or leave tls out';

/** What Node and OpenSSL say of a certificate → what to do about it. Messages, because mysql2 replaces the codes. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/altnames/i, "the server's certificate is for another host; connect by a name or address that it was made for"],
  [/expired|not yet valid/i, "the server's certificate is out of date; renew it there, or set the clock"],
  [
    /self.signed|unable to (get|verify)/i,
    "nobody that Node trusts has signed the server's certificate; give its authority's as tls: { ca }, or by NODE_EXTRA_CA_CERTS",
  ],
];

/** What to do about a TLS connection that could not be made, by its error's message. */
export function tlsAdviceOf(message: string): string {
  const known = ADVICE.find(([pattern]) => pattern.test(message));
  return known?.[1] ?? 'no TLS connection could be made; check the certificates, and tls';
}

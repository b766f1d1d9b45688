/**
 * Statuses that speak of the sender, the path, the protocol or the receiver's own set-up: whatever the spans, the answer would
 * be the same. Every other one of 4xx and 5xx that is not to be repeated may be about what is in the request.
 */
const NOT_THE_SPANS: ReadonlySet<number> = new Set([
  401, 402, 403, 404, 405, 406, 407, 408, 410, 411, 412, 414, 415, 417, 421, 426, 428, 431, 451, 501, 505, 511,
]);

/** Whether a refusal with this HTTP status may be the fault of the spans in the request, such as 400, 422 and 500. */
export function mayBeSpansFault(status: number): boolean {
  return status >= 400 && status <= 599 && !NOT_THE_SPANS.has(status);
}

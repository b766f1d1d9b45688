import { describe, expect, it } from 'vitest';
import { parseTraceParent } from '../../board/core/trace-ids.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('parseTraceParent', () => {
  it('reads the four fields, and of a version to come no more than those', () => {
    const read = { traceId: TRACE, spanId: SPAN, traceFlags: 1 };
    expect(parseTraceParent(`00-${TRACE}-${SPAN}-01`)).toEqual(read);
    expect(parseTraceParent(`01-${TRACE}-${SPAN}-01`)).toEqual(read);
    expect(parseTraceParent(`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`)).toEqual(read);
  });

  it.each([
    ['more than four fields of this version', `00-${TRACE}-${SPAN}-01-more`],
    ['a dash at the end', `00-${TRACE}-${SPAN}-01-`],
    ['fields that run on', `cc-${TRACE}-${SPAN}-01.more`],
    ['the version that is none', `ff-${TRACE}-${SPAN}-01`],
    ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short id', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['spaces around', ` 00-${TRACE}-${SPAN}-01 `],
    ['nothing', ''],
  ])('takes %s for no context (W3C Trace Context)', (_, text) => {
    expect(parseTraceParent(text)).toBeNull();
  });
});

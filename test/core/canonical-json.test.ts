import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, fingerprint } from '../../board/core/canonical-json.ts';
import { ValidationError } from '../../board/core/errors.ts';
import type { Json } from '../../board/core/json.ts';

// Right sides are what CPython 3.11 prints for json.dumps(value, sort_keys=True, separators=(",", ":")).
const AS_PYTHON: readonly [Json, string][] = [
  [{ b: 1, a: [true, false, null], B: {} }, '{"B":{},"a":[true,false,null],"b":1}'],
  ['é\u007f\u2028"\\/\n\t\u0001', '"\\u00e9\\u007f\\u2028\\"\\\\/\\n\\t\\u0001"'],
  ['😀', '"\\ud83d\\ude00"'],
  [{ '\u{1f600}': 1, '\uffff': 2, z: 3 }, '{"z":3,"\\uffff":2,"\\ud83d\\ude00":1}'],
  [
    { '\u{1f600}b': 1, '\u{1f600}a': 2, '\u{1f600}': 3 },
    '{"\\ud83d\\ude00":3,"\\ud83d\\ude00a":2,"\\ud83d\\ude00b":1}',
  ],
  [{ '10': 1, '9': 2, '': 0 }, '{"":0,"10":1,"9":2}'],
  [[0, -1, 9007199254740991, 1.5, -0.1, 1e21, 1.5e300], '[0,-1,9007199254740991,1.5,-0.1,1e+21,1.5e+300]'],
  [[0.0001, 0.00001, 1.25e-7, -3e-300, 5e-324], '[0.0001,1e-05,1.25e-07,-3e-300,5e-324]'],
];

describe('canonicalJson', () => {
  it.each(AS_PYTHON)('Q39: %j is written as Python does', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('Q39: knows no difference between 1.0 and 1, nor between -0 and 0, and writes 1e16 out', () => {
    expect(canonicalJson([1.0, -0, 1e16])).toBe('[1,0,10000000000000000]');
  });

  it('leaves out fields that are undefined, keeps those that are null', () => {
    expect(canonicalJson({ a: null, b: undefined } as unknown as Json)).toBe('{"a":null}');
  });

  it('refuses numbers that JSON cannot say', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => canonicalJson({ value })).toThrow(ValidationError);
    }
  });

  it('is ASCII, parses back to the value, and does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = canonicalJson(value as Json);
        expect(text).toMatch(/^[ -~]*$/);
        const back = JSON.parse(text);
        expect(JSON.stringify(back)).toBe(JSON.stringify(JSON.parse(canonicalJson(back))));
        expect(canonicalJson(reversed(back))).toBe(text);
      }),
    );
  });
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reversed(field)]),
  );
}

describe('fingerprint', () => {
  it('is SHA-256 of the intent, a NUL and the canonical payload', () => {
    // printf 'board.get_task\0{"task_id":"t"}' | sha256sum
    expect(fingerprint('board.get_task', { task_id: 't' })).toBe(
      '18f74c77d35e35345f5f8f6625c2de186350be0d59a913887e4962bee74717a7',
    );
  });

  it('differs by intent, and between an absent field and null', () => {
    const prints = [
      fingerprint('board.post_task', { label: 'a' }),
      fingerprint('board.update_task', { label: 'a' }),
      fingerprint('board.post_task', { label: 'a', task_id: null }),
    ];
    expect(new Set(prints).size).toBe(3);
  });
});

import { createSecureContext } from 'node:tls';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mysql } from '../../board/backends/mysql/index.ts';
import { postgres } from '../../board/backends/postgres/index.ts';
import { sqlite } from '../../board/backends/sqlite/index.ts';
import { isPlainData } from '../../board/plain-data.ts';

describe('reopening', () => {
  it('of a SQLite file is its path from the root, whatever the folder of the other process; in memory there is none', () => {
    expect(sqlite({ file: 'a.db', busyTimeoutMs: 7 }).reopening).toMatchObject({
      factory: 'sqlite',
      options: { file: `${process.cwd()}/a.db`, busyTimeoutMs: 7 },
    });
    expect(sqlite({ file: ':memory:' }).reopening).toBeNull();
    expect(sqlite({ file: '' }).reopening).toBeNull();
  });

  it.each([
    ['postgres', postgres],
    ['mysql', mysql],
  ] as const)('of a %s server is the options as they were given, the password in no print', (scheme, open) => {
    const options = {
      url: `${scheme}://quadro:secr3t@db/boards`,
      tls: { ca: Buffer.from('certificate') },
      poolSize: 3,
    };
    const backend = open(options);
    expect(backend.reopening).toEqual({
      module: expect.stringMatching(/^file:/),
      factory: scheme,
      options: structuredClone(options),
    });
    const given = structuredClone(options.tls.ca);
    options.tls.ca.fill(0);
    expect(backend.reopening?.options).toMatchObject({ tls: { ca: given } });
    expect(inspect(backend, { depth: 9 })).not.toContain('secr3t');
    expect(JSON.stringify(backend)).not.toContain('secr3t');
    const first = backend.reopening;
    expect(first && structuredClone(first)).toEqual(first);
  });

  it.each([
    ['a function', { checkServerIdentity: () => undefined }],
    ['an object of a class', { secureContext: createSecureContext() }],
  ])('is null where an option is %s', (_, tls) => {
    expect(postgres({ url: 'postgres://db/boards', tls }).reopening).toBeNull();
    expect(mysql({ url: 'mysql://db/boards', tls }).reopening).toBeNull();
  });
});

describe('isPlainData', () => {
  it('takes what arrives as it was sent, and nothing else', () => {
    const plain = [
      null,
      undefined,
      '',
      0,
      Number.NaN,
      true,
      1n,
      [],
      {},
      [{ a: [1, new Uint8Array(2)] }],
      Object.create(null),
    ];
    expect(plain.filter(value => !isPlainData(value))).toEqual([]);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = { inner: [cyclic] };
    class Header {
      value = 1;
    }
    const others = [
      () => 1,
      Symbol('x'),
      new Header(),
      new URL('http://a'),
      new Map(),
      new Date(0),
      cyclic,
      [[() => 1]],
    ];
    expect(others.filter(value => isPlainData(value))).toEqual([]);
    const shared = { a: 1 };
    expect(isPlainData([shared, shared])).toBe(true);
  });
});

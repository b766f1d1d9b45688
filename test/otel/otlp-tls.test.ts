import { writeFileSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Board } from '../../board/index.ts';
import { type ExportSummary, exportSpans, type OtlpOptions } from '../../exporters/otel/index.ts';
import { type Authority, EXPIRED, newAuthority } from '../faults/certificates.ts';
import { tempDir } from '../support/temp.ts';
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

let board: Board;
let authority: Authority;
beforeEach(async () => {
  board = await testBoard();
  await work(board, 10);
  authority = newAuthority();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await board.close();
});

/** A receiver behind https whose certificate the authority has signed. */
async function secured(options: ServerOptions = {}, hosts = 'IP:127.0.0.1', days?: number): Promise<OtlpReceiver> {
  const receiver = await otlpReceiver(0, { ...authority.sign(hosts, days), ...options });
  onTestFinished(() => receiver.close());
  return receiver;
}

/** One that takes only senders whose certificate the authority has signed. */
const mutual = () => secured({ requestCert: true, rejectUnauthorized: true, ca: authority.ca });

function send(options: OtlpOptions): Promise<ExportSummary> {
  return exportSpans(board, { follow: false, firstRetryMs: 5, giveUpAfterMs: 500, ...options });
}

function fileOf(pem: string): string {
  const file = join(tempDir(), 'file.pem');
  writeFileSync(file, pem);
  return file;
}

describe('a receiver over https', () => {
  it.each(['http/json', 'http/protobuf'] as const)(
    'is known by the authority given, in %s with gzip',
    async protocol => {
      const receiver = await secured();
      const options = { url: receiver.url, protocol, compression: 'gzip', tls: { ca: authority.ca } } as const;
      expect(await send(options)).toMatchObject({ spans: receiver.spans.length, retries: 0 });
      expect(receiver.spans.length).toBeGreaterThan(10);
    },
  );

  it('is known by the file that the environment names', async () => {
    const receiver = await secured();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', new URL(receiver.url).origin);
    vi.stubEnv('OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/at/all.pem');
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', authority.caFile);
    expect(await send({})).toMatchObject({ spans: receiver.spans.length });
  });

  it.each<[string, (mine: Authority) => OtlpOptions, string?, number?]>([
    ['whose authority is not known', () => ({})],
    ['of another authority', () => ({ tls: { ca: newAuthority().ca } })],
    ['with the name of another host', mine => ({ tls: { ca: mine.ca } }), 'DNS:elsewhere'],
    ['whose certificate has expired', mine => ({ tls: { ca: mine.ca } }), 'IP:127.0.0.1', EXPIRED],
  ])('%s is sent nothing, and that is final', async (_, optionsOf, hosts, days) => {
    const receiver = await secured({}, hosts, days);
    const refused = send({ url: receiver.url, ...optionsOf(authority) });
    await expect(refused).rejects.toMatchObject({
      code: 'delivery_failed',
      message: expect.stringMatching(/cannot be reached: .*(certificate|altnames)/i),
    });
    expect(receiver.requests).toEqual([]);
  });

  it('that asks for a certificate gets it, as text, as bytes, and as bytes that were copied to a thread', async () => {
    const receiver = await mutual();
    const { cert, key } = authority.sign('DNS:exporter');
    const text = { ca: authority.ca, cert, key };
    const bytes = { ca: Buffer.from(authority.ca), cert: Buffer.from(cert), key: Buffer.from(key) };
    for (const tls of [text, bytes, structuredClone(bytes)]) {
      receiver.spans.splice(0);
      expect(await send({ url: receiver.url, tls })).toMatchObject({ spans: receiver.spans.length, retries: 0 });
      expect(receiver.spans.length).toBeGreaterThan(10);
    }
  });

  it('that asks for a certificate gets the one that the environment names', async () => {
    const receiver = await mutual();
    const { cert, key } = authority.sign('DNS:exporter');
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', fileOf(cert));
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', fileOf(key));
    const ca = { ca: authority.ca };
    expect(await send({ url: receiver.url, tls: ca })).toMatchObject({ spans: receiver.spans.length });
    // A certificate from the options is not put together with a key from the environment.
    const own = { ...ca, cert: authority.sign('DNS:other').cert };
    await expect(send({ url: receiver.url, tls: own })).rejects.toMatchObject({ code: 'delivery_failed' });
  });

  it('that asks for a certificate takes nothing without one, or with a stranger’s', async () => {
    const receiver = await mutual();
    const stranger = newAuthority().sign('DNS:exporter');
    for (const tls of [{ ca: authority.ca }, { ca: authority.ca, ...stranger }]) {
      await expect(send({ url: receiver.url, tls })).rejects.toMatchObject({ code: 'delivery_failed' });
    }
    expect(receiver.requests).toEqual([]);
  });
});

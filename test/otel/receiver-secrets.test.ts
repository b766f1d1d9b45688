import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Board } from '../../board/index.ts';
import { type ExportOptions, exportSpans, traceBoard } from '../../exporters/otel/index.ts';
import { receiverWords, secretsOf } from '../../exporters/otel/receiver-words.ts';
import { tempDir } from '../support/temp.ts';
import { type OtlpReceiver, otlpReceiver } from './otlp-receiver.ts';
import { testBoard, work } from './worked-board.ts';

const KEY = 'hcaik_"very"/s3cret.+*';
const TOKEN = 'eyJhbGciOi';
const PASSWORD = 'p@ss w0rd';
const SECRETS = [KEY, TOKEN, PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(`ada:${PASSWORD}`).toString('base64')];

let board: Board;
let receiver: OtlpReceiver;
beforeEach(async () => {
  board = await testBoard();
  await work(board, 10);
  receiver = await otlpReceiver();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await receiver.close();
  await board.close();
});

/** Everything that an export tells anybody: its result or error in full depth, progress, warnings and set-aside spans. */
async function everythingToldBy(options: ExportOptions): Promise<string> {
  const told: unknown[] = [];
  const onWarning = (warning: Error): void => void told.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const onProgress = (progress: unknown) => void told.push(progress);
  const common = { url: receiver.url, follow: false, firstRetryMs: 1, giveUpAfterMs: 100, onProgress };
  told.push(await exportSpans(board, { ...common, ...options }).catch(error => error));
  // A warning is emitted in the next turn.
  await new Promise(resolve => setImmediate(resolve));
  return inspect(told, { depth: 20, showHidden: true, maxStringLength: null });
}

function expectNoSecrets(text: string): void {
  for (const secret of SECRETS) expect(text).not.toContain(secret);
  // Nor as it stands escaped in a text of a text.
  expect(text).not.toContain('s3cret');
}

/** The receiver repeats every header that it was sent. */
function echo(status: number, encode: (headers: string) => string = text => text): void {
  receiver.judge = () => {
    const headers = receiver.requests.at(-1)?.headers ?? {};
    return { status, body: encode(inspect(headers)), headers: { 'retry-after': '0' } };
  };
}

const headers = { 'x-honeycomb-team': KEY, authorization: `Bearer ${TOKEN}`, 'x-pass': PASSWORD };

describe("a header's value", () => {
  it.each([200, 301, 400, 401, 413, 429, 500, 503])('is not told where a receiver repeats it with %i', async status => {
    echo(status);
    const deadLetterFile = join(tempDir(), 'dead-letters.ndjson');
    expectNoSecrets(await everythingToldBy({ headers }));
    expectNoSecrets(await everythingToldBy({ headers, deadLetterFile }));
    expectNoSecrets(
      await everythingToldBy({ url: receiver.url.replace('//', `//ada:${encodeURIComponent(PASSWORD)}@`) }),
    );
  });

  it('is not told where a receiver repeats it as JSON, in a partial success or encoded for a URL', async () => {
    echo(400, text => JSON.stringify({ message: text, headers }));
    expectNoSecrets(await everythingToldBy({ headers }));
    echo(200, text => JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: text } }));
    expectNoSecrets(await everythingToldBy({ headers }));
    echo(400, () => encodeURIComponent(Object.values(headers).join(' ')));
    expectNoSecrets(await everythingToldBy({ headers }));
  });

  it('does not come into the dead-letter file', async () => {
    const deadLetterFile = join(tempDir(), 'dead-letters.ndjson');
    receiver.judge = spans => {
      const isBad = spans.some(span => span.name.startsWith('task '));
      return isBad ? { status: 400, body: inspect(receiver.requests.at(-1)?.headers) } : undefined;
    };
    expectNoSecrets(await everythingToldBy({ headers, deadLetterFile }));
    const text = readFileSync(deadLetterFile, 'utf8');
    expect(text).toContain('***');
    expectNoSecrets(text);
  });

  it('is not told where it cannot be sent, nor where the environment has it in a wrong form', async () => {
    expectNoSecrets(await everythingToldBy({ headers: { 'x-key': `${TOKEN}\r\nx-more: ${KEY}` } }));
    expectNoSecrets(await everythingToldBy({ headers: { [`Authorization: Bearer ${TOKEN}`]: '=' } }));
    for (const text of [
      `Authorization: Bearer ${TOKEN}`,
      `a=1,${TOKEN}`,
      `Authorization: Bearer ${TOKEN}==`,
      `a=${TOKEN}%zz`,
    ]) {
      vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', text);
      const told = await everythingToldBy({});
      expect(told).toContain('invalid_configuration');
      expectNoSecrets(told);
    }
  });

  it('is not told where the receiver cannot be reached, or the URL cannot be', async () => {
    const { url } = receiver;
    await receiver.close();
    const user = `//ada:${encodeURIComponent(PASSWORD)}@`;
    expectNoSecrets(await everythingToldBy({ url: url.replace('//', user), headers }));
    expectNoSecrets(await everythingToldBy({ url: `ftp:${user}receiver/?key=${TOKEN}` }));
    expectNoSecrets(await everythingToldBy({ url: `https:${user}no such host?key=${TOKEN}` }));
    expectNoSecrets(await everythingToldBy({ url: `ada:${PASSWORD}@receiver:4318` }));
    receiver = await otlpReceiver();
  });

  it('is not told by the warnings of a tracing', async () => {
    echo(403);
    const warned = once(process, 'warning');
    const tracing = traceBoard(board, { url: receiver.url, headers });
    const [warning] = await warned;
    expect(String(warning)).toMatch(/403/);
    expectNoSecrets(inspect([warning, await tracing.stop()], { depth: 20, showHidden: true }));
  });
});

describe('the words of a receiver', () => {
  const words = (text: string, given: Record<string, string>) => receiverWords(text, secretsOf(given));

  it('lose nothing but secrets: a short one only where it is a word', () => {
    expect(words('tenant a of a banana', { tenant: 'a' })).toBe('tenant *** of *** banana');
    expect(words('no application/json today', { 'content-type': 'application/json' })).toBe(
      'no application/json today',
    );
    expect(words('Key ABCDEF is unknown', { key: 'abcdef' })).toBe('Key *** is unknown');
    expect(words('as it is', {})).toBe('as it is');
  });

  it('lose a secret before they are cut to their length', () => {
    const told = words(`${'x'.repeat(190)} ${TOKEN.repeat(3)}`, { key: TOKEN.repeat(3) });
    expect(told).toBe(`${'x'.repeat(190)} ***`);
  });
});

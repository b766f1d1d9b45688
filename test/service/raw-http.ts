import { connect, type Socket } from 'node:net';
import type { Answer } from './served.ts';

/** Reads everything a socket gives until the other side ends it, or a whole answer is there. */
export function answerOf(socket: Socket): Promise<string> {
  return new Promise(resolve => {
    let text = '';
    const done = (): void => resolve(text);
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      if (head !== -1 && length !== undefined && text.length >= head + 4 + Number(length)) done();
    });
    socket.on('close', done);
    socket.on('error', done);
  });
}

/** A connection to a service, on which a test writes what it likes. */
export function rawSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** An answer as it came over a socket. */
export function parseAnswer(text: string): Answer {
  const [head = '', rest = ''] = text.split(/\r\n\r\n([\s\S]*)/);
  // Another answer may follow.
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  const body = length === undefined ? rest : rest.slice(0, Number(length));
  const [first = '', ...lines] = head.split('\r\n');
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0);
  let json = {};
  try {
    json = JSON.parse(Buffer.from(body, 'latin1').toString('utf8'));
  } catch {
    // What is no JSON is looked at as text.
  }
  return { status, headers, text: body, body: json };
}

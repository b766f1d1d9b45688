import type { Socket } from 'node:net';

const NEWS = ['readable', 'end', 'close', 'error'] as const;

/** That many bytes of a socket; what comes after them stays in it. */
export async function readBytes(socket: Socket, length: number): Promise<Buffer> {
  if (length === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes: Buffer | null = socket.read(length);
    if (bytes?.length === length) return bytes;
    if (bytes !== null || socket.readableEnded || socket.destroyed) throw new Error('the connection has ended');
    await news(socket);
  }
}

function news(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      for (const event of NEWS) socket.off(event, done);
      resolve();
    };
    for (const event of NEWS) socket.once(event, done);
  });
}

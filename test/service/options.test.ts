import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServiceOptions, serveBoard } from '../../board/service/index.ts';
import { openServedBoard, readableLog, serve } from './served.ts';

describe('the options of a service', () => {
  it('are checked, and every fault is named in one message', async () => {
    const board = await openServedBoard();
    onTestFinished(() => board.close());
    const options = {
      host: '',
      port: 70_000,
      bodyLimitBytes: 0,
      requestsPerMinute: -1,
      corsOrigins: ['https://app.example/path', '*'],
      trustProxy: ['172.16.0.0/12', 'everybody'],
      requestTimeoutSeconds: 0.5,
      readiness: [{ name: '' }],
      admit: 'yes',
      insecure: 'no',
      colour: 'red',
    } as unknown as ServiceOptions;
    const error = await serveBoard(board, options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_configuration' });
    const { message, details } = error as { message: string; details: { faults: string[] } };
    const names = ['host', 'port', 'bodyLimitBytes', 'requestsPerMinute', 'corsOrigins', 'trustProxy'];
    for (const name of [...names, 'requestTimeoutSeconds', 'readiness', 'admit', 'insecure', 'colour']) {
      expect(message).toContain(name);
    }
    expect(details.faults).toHaveLength(12);
    expect(message).not.toContain('172.16');
  });

  it('an address that is taken is said to be', async () => {
    const { service, board } = await serve();
    const { logger } = readableLog();
    const second = serveBoard(board, { port: service.address.port, logger });
    await expect(second).rejects.toMatchObject({ code: 'invalid_configuration' });
    await expect(second).rejects.toThrow(/cannot listen on 127\.0\.0\.1 port \d+: .*EADDRINUSE.*another port/);
  });

  it('localhost is this machine by its one address', async () => {
    const { service, get } = await serve({ host: 'localhost' });
    expect(service.url).toBe(`http://localhost:${service.address.port}`);
    expect((await get('/tasks')).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${service.address.port}/health`)).status).toBe(200);
    await expect(fetch(`http://[::1]:${service.address.port}/health`)).rejects.toThrow();
  });

  it('options that are spelled undefined are not given', async () => {
    const { service } = await serve({ host: undefined, corsOrigins: undefined } as unknown as ServiceOptions);
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });
});

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { cloneFolder, paste } from '../support/terminal.ts';

const page = (path: string): string => readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8');

/** The blocks of shell lines under a heading, for a service on that port. */
function blocksOf(path: string, heading: string, port: number): string[] {
  const section = page(path).split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, text = '']) =>
    text.replaceAll('http://127.0.0.1:7337', `http://127.0.0.1:${port}`),
  );
}

describe('README.md, as a service', () => {
  it('a new user starts it, watches it, lets a worker work, posts, looks at /metrics and ends it with Ctrl-C', async () => {
    const port = await freePort();
    const blocks = blocksOf('README.md', 'As a service', port);
    expect(blocks).toHaveLength(4);
    const [serve = '', watch = '', work = '', post = ''] = blocks;
    const dir = cloneFolder();

    const service = paste(serve, dir, { QUADRO_PORT: String(port) });
    await service.shows(new RegExp(`^serving http://127.0.0.1:${port}$`, 'm'));
    const watched = paste(watch, dir);
    const worker = paste(work, dir, { QUADRO_URL: `http://127.0.0.1:${port}` });
    await worker.shows(/^At work on /m);
    await watched.shows(/^retry: /m);
    // A busy machine takes longer than somebody waits.
    const posting = paste(post.replace('sleep 5', 'sleep 15'), dir);
    expect(await posting.ended).toBe(0);
    expect(posting.output()).toMatch(/^\w+ +article +COMPLETE .*Bees in winter$/m);
    expect(posting.output()).toMatch(/^quadro_service_requests_total\{.*route="\/tasks",status="201"\} 1$/m);
    await watched.shows(/^event: task_posted$/m);
    await watched.shows(/"to_status":"COMPLETE"/);

    await worker.ctrlC();
    await service.ctrlC();
    expect(service.output()).toMatch(/"finished":true,"msg":"stopped"/);
    await watched.ended;
  });
});

describe('docs/service.md, who may come in', () => {
  it('tokens are made before the service that others reach, which asks for them', async () => {
    const port = await freePort();
    const [start = '', use = ''] = blocksOf('docs/service.md', 'Who may come in', port);
    const dir = cloneFolder();
    const service = paste(start, dir, { QUADRO_PORT: String(port) });
    await service.shows(new RegExp(`^serving http://localhost:${port}$`, 'm'));
    const using = paste(use, dir);
    expect(await using.ended).toBe(0);
    expect(using.output()).toMatch(/^task_id +task_type/m);
    expect(using.output()).toMatch(/^ *[0-9a-f]{12} +operator +admin /m);
    expect((await fetch(`http://127.0.0.1:${port}/tasks`)).status).toBe(401);
    await service.ctrlC();
    expect(service.output()).toMatch(/"finished":true,"msg":"stopped"/);
  });

  it('without one it does not start', async () => {
    const [start = ''] = blocksOf('docs/service.md', 'Who may come in', await freePort());
    const alone = start.split('\n').filter(line => line.includes('quadro serve'));
    const service = paste(alone.join('\n'), cloneFolder(), { QUADRO_PORT: '0' });
    expect(await service.ended).toBe(2);
    expect(service.output()).toMatch(/quadro token create.*\(invalid_configuration\)$/m);
  });
});

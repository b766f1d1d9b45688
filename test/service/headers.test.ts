import { describe, expect, it } from 'vitest';
import { serve } from './served.ts';

describe('the headers of every answer', () => {
  it('keep a browser from taking it for anything else, and from running what it holds', async () => {
    const { get, post } = await serve();
    const answers = [
      await get('/'),
      await get('/tasks'),
      await get('/nowhere'),
      await get('/openapi.json'),
      await post('/tasks', '{'),
      await get('/events?since=999'),
    ];
    for (const { headers } of answers) {
      expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull();
    }
  });

  it('let the page of /docs load what lies beside it, and nothing from elsewhere', async () => {
    const { get } = await serve();
    const page = await get('/docs');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/https?:|upgrade-insecure-requests|unsafe-eval/);
    const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).toMatch(/^\.?\//);
      const { status } = await get(new URL(link, 'http://localhost/docs/').pathname);
      expect([link, status]).toEqual([link, 200]);
    }
  });
});

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../board/core/errors.ts';
import { statusOf } from '../../board/service/http-status.ts';
import { PERMISSION_OF_INTENT } from '../../board/service/intent-permissions.ts';
import { serve } from './served.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/http.md'), 'utf8');

/** The rows of the table under a heading, as cells without their marks. */
function rowsOf(heading: string, columns: string): string[][] {
  const section = PAGE.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const [, table = ''] = section.split(`| ${columns} |\n`);
  return (table.split('\n\n')[0] ?? '')
    .split('\n')
    .slice(1)
    .map(line => line.slice(2, -2).replaceAll('`', '').split(' | '));
}

interface Operation {
  readonly summary: string;
  readonly 'x-permission': string;
  readonly responses: object;
}

describe('docs/http.md', () => {
  it('lists the routes of the OpenAPI document, with permission and answers', async () => {
    const { get } = await serve({ metrics: async () => ({ text: '', contentType: 'text/plain' }) });
    const { paths } = (await get('/openapi.json')).body as unknown as {
      paths: Record<string, Record<string, Operation>>;
    };
    const rows = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => [
        `${method.toUpperCase()} ${path}`,
        operation['x-permission'],
        operation.summary,
        Object.keys(operation.responses).join(', '),
      ]),
    );
    expect(rowsOf('Routes', 'route | permission | what | answers')).toEqual(rows);
    expect(rows.length).toBeGreaterThan(15);
  });

  it('lists the permission of every intent', () => {
    const rows = rowsOf('The envelope', 'permission | intents');
    const documented = rows.flatMap(([permission, intents = '']) =>
      intents.split(', ').map(intent => [intent, permission]),
    );
    expect(Object.fromEntries(documented)).toEqual(PERMISSION_OF_INTENT);
  });

  it('lists the codes of every status', () => {
    const rows = rowsOf('Errors', 'status | codes');
    const documented = rows.flatMap(([status, codes = '']) => codes.split(', ').map(code => [code, Number(status)]));
    const expected = ERROR_CODES.filter(code => statusOf(code) !== 500).map(code => [code, statusOf(code)]);
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(expected));
  });
});

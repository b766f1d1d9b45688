import { describe, expect, it } from 'vitest';
import { runVitest } from '../support/run-vitest.ts';
import { connect } from '../support/sql-client.ts';

/** A port where nothing listens. */
const NOWHERE = '127.0.0.1:1';

const report = (server: string): string => `
  import { inject, it } from 'vitest';
  it('tells', () => console.log('TOLD ' + JSON.stringify(inject('${server}'))));
`;

describe('the database servers of the tests', () => {
  it('without PostgreSQL, a run starts one, uses it and stops it, and prints nothing about it', async () => {
    const { status, stdout } = runVitest(
      `import { connect } from './support/sql-client.ts';
       import { expect, inject, it } from 'vitest';
       it('answers', async () => {
         const { url } = inject('postgres');
         const client = await connect(url);
         const [row] = await client.query('select current_user as who');
         await client.close();
         expect(row.who).toBe('postgres');
         await expect(connect(url.replace(/:[^:@]*@/, ':wrong@'))).rejects.toThrow('password authentication failed');
         console.log('TOLD ' + url);
       });`,
      { QUADRO_TEST_POSTGRES: `postgres://${NOWHERE}/postgres` },
    );
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/database system|initdb|listening/);
    const [, url = ''] = /TOLD (\S+)/.exec(stdout) ?? [];
    await expect(connect(url), 'it has ended with the run').rejects.toThrow('ECONNREFUSED');
  });

  it('without MariaDB, a test is told why it cannot run and how it could', () => {
    const { stdout } = runVitest(report('mysql'), { QUADRO_TEST_MYSQL: `mysql://${NOWHERE}/` });
    const [, told = ''] = /TOLD (.*)/.exec(stdout) ?? [];
    expect(JSON.parse(told)).toEqual({
      url: null,
      skip: expect.stringMatching(
        /^no MariaDB or MySQL \(.*ECONNREFUSED.*docker run .* mariadb:10\.11.*QUADRO_TEST_MYSQL/,
      ),
    });
  });
});

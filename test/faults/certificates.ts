import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '../support/temp.ts';

/** A certificate and its private key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority of the test's own. */
export interface Authority {
  /** Its certificate, as PEM. */
  readonly ca: string;
  /** The file it is in. */
  readonly caFile: string;
  /** Signs a certificate for these hosts (`DNS:localhost`, `IP:127.0.0.1`), by default for a day. */
  sign(hosts: string, days?: number): Certificate;
}

const CONFIG = `
[req]
distinguished_name = name
prompt = no
[name]
CN = quadro test
[authority]
basicConstraints = critical, CA:TRUE
`;

/** Days for a certificate that has expired. */
export const EXPIRED = -1;

/** Makes an authority, in a folder of the test that runs. */
export function newAuthority(): Authority {
  const folder = tempDir();
  const openssl = (command: string): void => {
    execFileSync('openssl', command.split(' '), { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf';
  writeFileSync(join(folder, 'openssl.cnf'), CONFIG);
  openssl(`req -x509 ${newKey} -extensions authority -subj /CN=authority -keyout ca.key -out ca.pem -days 1`);
  return {
    ca: read('ca.pem'),
    caFile: join(folder, 'ca.pem'),
    sign(hosts, days = 1) {
      writeFileSync(join(folder, 'hosts.ext'), `subjectAltName = ${hosts}\n`);
      openssl(`req -new ${newKey} -keyout server.key -out server.csr`);
      openssl(
        `x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile hosts.ext -out server.pem -days ${days}`,
      );
      return { cert: read('server.pem'), key: read('server.key') };
    },
  };
}

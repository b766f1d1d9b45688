/**
 * Makes what a served board needs of the optional packages part of what it cannot do without, at the versions the project is
 * tested with: `npm prune --omit=dev` then leaves them, as the lock file has them. For the image (Dockerfile); it changes
 * package.json in place.
 */
import { readFileSync, writeFileSync } from 'node:fs';

/** All but DuckDB, charts and dashboards: reports are made where the log is exported to. */
const SERVED = [
  '@fastify/cors',
  '@fastify/helmet',
  '@fastify/rate-limit',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  '@fastify/type-provider-typebox',
  '@opentelemetry/api',
  '@opentelemetry/context-async-hooks',
  '@opentelemetry/otlp-transformer',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
  'better-sqlite3',
  'cockatiel',
  'fastify',
  'mysql2',
  'pg',
  'pino',
  'prom-client',
  'typebox',
];

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const file = new URL('../package.json', import.meta.url);
const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
for (const name of SERVED) {
  const version = manifest.devDependencies[name];
  if (version === undefined)
    throw new Error(`${name} is no devDependency: the image would have an untested version of it`);
  manifest.dependencies[name] = version;
  delete manifest.devDependencies[name];
}
writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);

import { it } from 'vitest';
import { newDatabase, postgresServer } from '../../support/servers.ts';
import { CHAOS_TIMEOUT_MS, survivesChaos } from './survives-chaos.ts';

const postgres = postgresServer();
it.skipIf(postgres.url === null)(
  postgres.skip ??
    'a receiver in chaos and an exporter killed ten times lose no span of a board on PostgreSQL, in http/protobuf',
  async () => survivesChaos({ source: await newDatabase(postgres), protocol: 'http/protobuf', seed: 3 }),
  CHAOS_TIMEOUT_MS,
);

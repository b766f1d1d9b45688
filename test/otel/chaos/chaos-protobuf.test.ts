import { join } from 'node:path';
import { it } from 'vitest';
import { tempDir } from '../../support/temp.ts';
import { CHAOS_TIMEOUT_MS, survivesChaos } from './survives-chaos.ts';

it(
  'a receiver in chaos and an exporter killed ten times lose no span of a board in a file, in http/protobuf',
  () => survivesChaos({ source: join(tempDir(), 'board.db'), protocol: 'http/protobuf', seed: 2 }),
  CHAOS_TIMEOUT_MS,
);

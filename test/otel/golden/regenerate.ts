/**
 * Writes the golden files anew: `node test/otel/golden/regenerate.ts`, then read the difference in the `.spans.txt` files
 * span by span. It is right to do so where the trace contract (docs/telemetry.md) was changed on purpose, or a column of the
 * log was added. It is wrong to do so because a test fails and nobody meant to change a span: spans of one version with equal
 * ids must carry equal bytes, or backends hold both.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openExportedLog } from '../../../analysis/exported-log.ts';
import { GOLDEN_FOLDER, spansText } from './golden-spans.ts';
import { GOLDEN_BOARDS, makeGoldenLog } from './make-golden-log.ts';
import { readableSpans } from './readable-spans.ts';

const folder = await mkdtemp(join(tmpdir(), 'quadro-golden-'));
try {
  const database = await makeGoldenLog(folder);
  for (const board of GOLDEN_BOARDS) {
    await database.export(board, GOLDEN_FOLDER);
    const log = await openExportedLog(join(GOLDEN_FOLDER, board));
    const text = await spansText(log, board, folder).finally(() => log.close());
    await writeFile(join(GOLDEN_FOLDER, `${board}.spans.ndjson`), text);
    await writeFile(join(GOLDEN_FOLDER, `${board}.spans.txt`), readableSpans(text));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

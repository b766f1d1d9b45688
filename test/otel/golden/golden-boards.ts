import { join } from 'node:path';
import { type ExportedLog, openExportedLog } from '../../../analysis/exported-log.ts';
import { GOLDEN_FOLDER } from './golden-spans.ts';
import type { GoldenBoard } from './make-golden-log.ts';

/** The committed log of a golden board, as `quadro spans FOLDER` opens one. */
export function openGoldenLog(board: GoldenBoard): Promise<ExportedLog> {
  return openExportedLog(join(GOLDEN_FOLDER, board));
}

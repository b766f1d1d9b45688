import { lstatSync, mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkOrdinaryFile } from '../../board/ordinary-file.ts';
import { exportLog } from '../../exporters/files/index.ts';
import { openSmallLog } from '../analysis/small-log.ts';
import { tempDir } from '../support/temp.ts';

describe('what a file takes the place of', () => {
  it('may be a file or nothing, but no device and no folder', async () => {
    await expect(checkOrdinaryFile(import.meta.filename)).resolves.toBeUndefined();
    await expect(checkOrdinaryFile(`${tempDir()}/new.csv`)).resolves.toBeUndefined();
    await expect(checkOrdinaryFile('/dev/null')).rejects.toMatchObject({ code: 'invalid_configuration' });
    await expect(checkOrdinaryFile(tempDir())).rejects.toThrow(/is a folder, which a file cannot take the place of/);
  });

  it('an export over a folder of its name leaves the folder', async () => {
    const board = await openSmallLog();
    const to = `${tempDir()}/events.ndjson`;
    mkdirSync(to);
    await expect(exportLog(board, { to })).rejects.toThrow(/is a folder/);
    expect(lstatSync(to).isDirectory()).toBe(true);
    await board.close();
  });
});

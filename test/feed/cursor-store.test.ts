import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cursorKeeper, cursorPath, fileCursorStore, loadCursor, type SavedCursor } from '../../exporters/feed/index.ts';
import { tempDir } from '../support/temp.ts';

const placed = (events: number): SavedCursor => ({
  board_uid: 'b1',
  destination: 'otlp',
  cursor: { events, chief_cycles: 2, ombudsman_ticks: 3 },
});

describe('fileCursorStore', () => {
  it('gives back what was saved, totals too, and leaves nothing else in the folder', async () => {
    const dir = tempDir();
    const store = fileCursorStore(join(dir, 'c.json'));
    expect(await store.load()).toBeNull();
    await store.save(placed(1));
    const withTotals = { ...placed(7), totals: { transitions: [{ edge: 'forward', count: 4 }] } };
    await store.save(withTotals);
    expect(await fileCursorStore(join(dir, 'c.json')).load()).toEqual(withTotals);
    expect(readdirSync(dir)).toEqual(['c.json']);
  });

  it.each([
    ['', 'no JSON'],
    ['{"board_uid":"b1","destination":"otlp","cur', 'no JSON'],
    ['null', 'no cursor'],
    ['{"board_uid":"b1","destination":"otlp","cursor":{"events":1,"chief_cycles":2}}', 'no cursor'],
    [
      '{"board_uid":"b1","destination":"otlp","cursor":{"events":-1,"chief_cycles":2,"ombudsman_ticks":0}}',
      'no cursor',
    ],
    [
      '{"board_uid":"b1","destination":"otlp","cursor":{"events":1.5,"chief_cycles":2,"ombudsman_ticks":0}}',
      'no cursor',
    ],
    ['{"cursor":{"events":1,"chief_cycles":2,"ombudsman_ticks":0}}', 'no cursor'],
  ])('refuses a file that holds %j instead of starting anew', async (text, reason) => {
    const path = join(tempDir(), 'c.json');
    writeFileSync(path, text);
    const load = fileCursorStore(path).load();
    await expect(load).rejects.toMatchObject({ code: 'invalid_configuration' });
    await expect(load).rejects.toThrow(reason);
    await expect(load).rejects.toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('says what failed where the file cannot be read or written', async () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'folder'));
    await expect(fileCursorStore(join(dir, 'folder')).load()).rejects.toMatchObject({ code: 'invalid_configuration' });
    await expect(fileCursorStore(join(dir, 'folder')).save(placed(1))).rejects.toMatchObject({
      code: 'storage_failed',
    });
    await expect(fileCursorStore(join(dir, 'no', 'c.json')).save(placed(1))).rejects.toThrow(/could not be written/);
    expect(readdirSync(dir)).toEqual(['folder']);
  });

  it('keeps the old place or the new when saves overlap', async () => {
    const store = fileCursorStore(join(tempDir(), 'c.json'));
    await Promise.all(Array.from({ length: 20 }, (_, n) => store.save(placed(n))));
    expect((await store.load())?.cursor.events).toBeLessThan(20);
  });
});

describe('loadCursor', () => {
  it('refuses the place of another board or another destination', async () => {
    const store = fileCursorStore(join(tempDir(), 'c.json'));
    const board = { board_id: 'default', board_uid: 'b1' };
    expect(await loadCursor(store, board, 'otlp')).toBeNull();
    await store.save(placed(4));
    expect(await loadCursor(store, board, 'otlp')).toEqual(placed(4));
    await expect(loadCursor(store, board, 'prometheus')).rejects.toThrow(/destination "otlp"/);
    await expect(loadCursor(store, { ...board, board_uid: 'b2' }, 'otlp')).rejects.toThrow(/board b1/);
  });
});

describe('cursorPath', () => {
  it("is beside the board's file, and takes no name that leads elsewhere", () => {
    expect(cursorPath('/var/board.db', 'otlp')).toBe('/var/board.db.cursor-otlp.json');
    for (const name of ['', '../x', 'a/b', 'a b']) expect(() => cursorPath('/var/board.db', name)).toThrow(/letters/);
  });
});

describe('cursorKeeper', () => {
  it('saves now and then, the last place always, and in order', async () => {
    const saved: number[] = [];
    const store = { load: async () => null, save: async ({ cursor }: SavedCursor) => void saved.push(cursor.events) };
    const keeper = cursorKeeper(store, 3_600_000);
    for (let n = 1; n <= 50; n++) await keeper.moved(placed(n));
    expect(saved).toEqual([1]);
    await keeper.flush();
    expect(saved).toEqual([1, 50]);
    await keeper.flush();
    expect(saved).toEqual([1, 50]);
  });

  it('saves the last place by itself where no other follows', async () => {
    const saved: number[] = [];
    const done = Promise.withResolvers<void>();
    const save = async ({ cursor }: SavedCursor) => {
      saved.push(cursor.events);
      if (cursor.events === 2) done.resolve();
    };
    const keeper = cursorKeeper({ load: async () => null, save }, 10);
    await keeper.moved(placed(1));
    await keeper.moved(placed(2));
    await done.promise;
    expect(saved).toEqual([1, 2]);
  });

  it('tells a failed save to whoever moves on', async () => {
    const store = { load: async () => null, save: () => Promise.reject(new Error('disk full')) };
    const keeper = cursorKeeper(store, 0);
    await expect(keeper.moved(placed(1))).rejects.toThrow('disk full');
  });
});

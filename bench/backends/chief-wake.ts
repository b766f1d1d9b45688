import { setTimeout as sleep } from 'node:timers/promises';
import { Chief } from '../../board/agents/chief.ts';
import { localNetwork } from '../../board/transport/network.ts';
import { type Figures, quantile } from '../harness.ts';
import { openBoardAt } from './open-board-at.ts';
import { type Place, withDatabase } from './place.ts';

const WAKES = 12;
/** Between two commits, so that each is news to a Chief that sleeps. */
const PAUSE_MS = 30;

/**
 * How long after a commit's answer a Chief wakes that has connections of its own, in milliseconds: by a signal where the
 * database has them, else by its poll (every second unless set).
 */
export async function measureChiefWake(place: Place, figures: Figures): Promise<void> {
  const times = await withDatabase(place, async database => {
    const [poster, follower] = [await openBoardAt(database.url), await openBoardAt(database.url)];
    const chief = new Chief({ board: follower, network: localNetwork() });
    await follower.run({ chief });
    await chief.whenAsleep();
    const waits: number[] = [];
    for (let n = 0; n < WAKES; n++) {
      await sleep(PAUSE_MS);
      const woken = new Promise<number>(resolve => {
        const stop = chief.onWake(() => {
          stop();
          resolve(performance.now());
        });
      });
      await poster.postTask({ task_type: 'work', label: 'wake up' });
      const committedAt = performance.now();
      waits.push(Math.max(0, (await woken) - committedAt));
    }
    await Promise.all([poster.close(), follower.close()]);
    return waits;
  });
  figures.add(`${place.name}_chief_wake_p50`, 'ms', quantile(times, 0.5));
  figures.add(`${place.name}_chief_wake_max`, 'ms', Math.max(...times));
}

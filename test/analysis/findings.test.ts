import { describe, expect, it } from 'vitest';
import { type Finding, findings, openAnalysis, type Report } from '../../analysis/index.ts';
import { playPlantedRun } from './planted-run.ts';

async function reportOf(isFaulty: boolean): Promise<Report> {
  const board = await playPlantedRun(isFaulty);
  const analysis = await openAnalysis(board);
  try {
    return await analysis.report();
  } finally {
    await analysis.close();
    await board.close();
  }
}

/** Sentences with plain spaces between a number and its unit. */
function sentencesOf(found: readonly Finding[], code: Finding['code']): string[] {
  return found.filter(finding => finding.code === code).map(({ sentence }) => sentence.replaceAll('\u00a0', ' '));
}

describe('findings', () => {
  it('name each planted fault, with the right stage, size and cause', async () => {
    const found = findings(await reportOf(true));

    // Deaf from 1,500 s for 240 s; it wakes 0.2 s later. Work is stranded from 1,501 s on, in failure after the grace of 1 s.
    expect(sentencesOf(found, 'dispatch_failure')).toEqual([
      'The Chief chief slept 3 min 58 s while work it could have dispatched waited and agents stood idle, in 1 episode: ' +
        "26 min 8 s of tasks' time stood stranded. The worst, from 14 Nov 2023, 22:38:21 for 3 min 58 s: up to 7 tasks of article, review and translation.",
    ]);
    // A translation comes every 40 s and takes 38 s of the one agent; what gathered while the Chief was deaf is hardly ever caught up with.
    const contention = sentencesOf(found, 'contention');
    expect(contention).toContain(
      'Work waits in UNASSIGNED for translation, whose agents are all busy: 1 h 39 min, 89 % of the wait there, which is 20 % of all elapsed time. It has one agent.',
    );
    // From 900 s on, whatever w4 is given goes stale: found at the first tick after 60 s of silence.
    expect(sentencesOf(found, 'stale_work')).toEqual([
      'The worker fell silent in 21 attempts of 577 (3.6 %), most in IN_PROGRESS: 30 min 56 s lost, ' +
        'found 1 min 30 s after the last sign of life (median). w4 held 21 of them (100 %).',
    ]);
    expect(sentencesOf(found, 'revisions')).toEqual([
      'Reviews send work back 40 % of the time (97 of 242 decisions), from IN_PROGRESS back to REVISION_NEEDED: rework takes 17 % of the elapsed time.',
    ]);
    // With a writer dead, the other three have as much as they can do; nothing else stands out but the time-out.
    expect(contention).toHaveLength(2);
    expect(new Set(found.map(({ code }) => code))).toEqual(
      new Set(['dispatch_failure', 'contention', 'stale_work', 'revisions', 'timeout_too_long']),
    );
    expect(found.map(({ severity }) => severity)).toEqual([...found.map(({ severity }) => severity)].toSorted());
  });

  it('say nothing of the same run without the faults', async () => {
    expect(findings(await reportOf(false))).toEqual([]);
  });
});

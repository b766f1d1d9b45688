import type { Lifecycle } from '../../../board/core/lifecycle/types.ts';
import { lifecycle } from '../../../board/index.ts';
import type { Story } from './story.ts';

/** The lifecycles of the press room: one with every kind of edge, one whose words are as nobody should choose them. */
export const PRESS_LIFECYCLES: readonly Lifecycle[] = [
  lifecycle('press')
    .phase('UNASSIGNED', 'writing')
    .phase('writing', 'draft')
    .phase('draft', 'editing')
    .phase('editing', 'printed')
    .branch('editing', 'rejected')
    .revision('editing', 'writing')
    .loop('draft', 'UNASSIGNED')
    .branch('editing', 'HUMAN_REVIEW')
    .loop('HUMAN_REVIEW', 'editing')
    .kind('editing', 'review')
    .build(),
  lifecycle('hostile').phase('UNASSIGNED', `"späť" 'n\n🚀`).phase(`"späť" 'n\n🚀`, 'constructor').build(),
];

/** Which type follows which lifecycle; `article` is not named, and so follows `review_required`. */
export const PRESS_TYPES: Readonly<Record<string, string>> = {
  memo: 'fast',
  feature: 'press',
  '__proto__"\t✂️': 'hostile',
};

const CALLER = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01` };
const SILENT = { reason: 'stale_heartbeat' };

/** Every edge kind, every way to end, on a board where people may send work back. */
export async function pressRoom(story: Story): Promise<void> {
  for (const agent of ['ada', 'bob', 'rita', ODD_AGENT]) await story.at(0).agent(agent);
  await plainMemo(story);
  await revisedArticle(story);
  await staleArticle(story);
  await feature(story);
  await silentFeature(story);
  await brokenMemo(story);
  await heldMemo(story);
  await family(story);
  await lateBeats(story);
  await hostileTask(story);
  await clockBack(story);
  await idleCycles(story);
  await unfinished(story);
}

/** A first cycle, from a seed; heartbeats with gaps; a whole number of seconds and a broken one. */
async function plainMemo(story: Story): Promise<void> {
  await story.at(1).post('memo-plain', 'memo', { priority: 2_147_483_647 });
  await story.at(2).note('weather');
  await story
    .at(3)
    .cycle('cycle-seed', { trigger: 'seed', actions_taken: 1, waiting: 1, idle_agents: 3 }, by =>
      story.move('memo-plain', 'IN_PROGRESS', { assigned_to: 'ada', ...by }).then(() => {}),
    );
  await story.beats('ada', 'memo-plain', [4, 5.5, 9.25]);
  await story.at(10).result('ada', 'memo-plain');
}

/** Revised once, twice reviewed, within a caller's trace by a link; then archived, which changes no span. */
async function revisedArticle(story: Story): Promise<void> {
  const task = 'article-revised';
  await story.at(20).post(task, 'article', { ...CALLER, priority: -3 });
  const cycle = { actions_taken: 1, previous_slept_at: null, coalesced_wakes: 4, in_flight: 2, busy_agents: 1 };
  await story
    .at(21)
    .cycle('cycle-assign', cycle, by => story.move(task, 'IN_PROGRESS', { assigned_to: 'ada', ...by }).then(() => {}));
  await story.beats('ada', task, [22, 25]);
  await story.at(30).move(task, 'PENDING_REVIEW', { label: 'Renamed on the way' });
  await story.at(32).move(task, 'IN_PROGRESS', { assigned_to: 'rita' });
  await story.at(36).move(task, 'REVISION_NEEDED');
  await story.at(40).move(task, 'IN_PROGRESS', { assigned_to: 'bob' });
  await story.at(48.000001).move(task, 'PENDING_REVIEW');
  await story.at(50).move(task, 'IN_PROGRESS', { assigned_to: 'rita' });
  await story.at(51).move(task, 'APPROVED');
  await story.at(52).move(task, 'COMPLETE', { assigned_to: null });
  await story.at(53).archive(task);
}

/** Found silent by a tick; a second time a person gave it up, for a reason of their own, which is no failure. */
async function staleArticle(story: Story): Promise<void> {
  const task = 'article-stale';
  await story.at(60).post(task, 'article');
  await story.at(61).move(task, 'IN_PROGRESS', { assigned_to: 'ada' });
  await story.beats('ada', task, [62]);
  const tick = { statuses_scanned: ['IN_PROGRESS', 'writing'], tasks_scanned: 2, stale_count: 1 };
  await story.at(70).tick('tick-stale', tick, by => story.move(task, 'STALE', { ...SILENT, ...by }).then(() => {}));
  await story.at(71).move(task, 'UNASSIGNED', { actor: 'chief' });
  await story.at(72).move(task, 'IN_PROGRESS', { assigned_to: 'bob' });
  await story.at(74).move(task, 'STALE', { reason: 'bob went home' });
  await story.at(75).move(task, 'UNASSIGNED');
  await story.at(76).move(task, 'IN_PROGRESS', { assigned_to: 'rita' });
  await story.at(80).move(task, 'APPROVED');
  await story.at(80.5).move(task, 'COMPLETE');
  await story.at(90).move(task, 'HUMAN_REVIEW', { reason: 'a reader complained', actor: 'operator' });
  await story.at(95).move(task, 'UNASSIGNED', { actor: 'operator' });
  await story.at(96).move(task, 'IN_PROGRESS', { assigned_to: 'ada' });
}

/** A lifecycle of one's own: loop, revision, a human review that is planned, branch. */
async function feature(story: Story): Promise<void> {
  const task = 'feature-rejected';
  await story.at(100).post(task, 'feature');
  await story.at(101).move(task, 'writing', { assigned_to: 'ada' });
  await story.at(104).move(task, 'draft');
  await story.at(105).move(task, 'UNASSIGNED', { assigned_to: null });
  await story.at(106).move(task, 'writing', { assigned_to: 'bob' });
  await story.at(110).move(task, 'draft');
  await story.at(111).move(task, 'editing', { assigned_to: 'rita' });
  await story.at(114).move(task, 'writing', { assigned_to: 'bob' });
  await story.at(118).move(task, 'draft');
  await story.at(119).move(task, 'editing', { assigned_to: 'rita' });
  await story.at(120).move(task, 'HUMAN_REVIEW');
  await story.at(140).move(task, 'editing', { assigned_to: 'rita' });
  await story.at(141).move(task, 'rejected');
}

/** No way to STALE: silence ends in HUMAN_REVIEW. A tick that failed half-way, all the same, left its row. */
async function silentFeature(story: Story): Promise<void> {
  const task = 'feature-silent';
  await story.at(150).post(task, 'feature');
  await story.at(151).move(task, 'writing', { assigned_to: 'bob' });
  const tick = { statuses_scanned: ['writing'], tasks_scanned: 1, stale_count: 1, error: 'connect ECONNREFUSED' };
  await story
    .at(160)
    .tick('tick-failed', tick, by => story.move(task, 'HUMAN_REVIEW', { ...SILENT, ...by }).then(() => {}));
}

/** A worker's fault, then sent back by a person and done after all: the first finish stays the task's end. */
async function brokenMemo(story: Story): Promise<void> {
  const task = 'memo-broken';
  await story.at(170).post(task, 'memo');
  await story.at(171).move(task, 'IN_PROGRESS', { assigned_to: 'ada' });
  await story.at(172).move(task, 'HUMAN_REVIEW', { reason: 'worker_error', notes_append: 'boom', actor: 'ada' });
  await story.at(180).move(task, 'UNASSIGNED', { assigned_to: null, actor: 'operator' });
  await story.at(181).move(task, 'IN_PROGRESS', { assigned_to: 'bob' });
  await story.at(182).move(task, 'COMPLETE');
}

/** Held where a standard status was left, held where one of its own was, and held before anybody had it. */
async function heldMemo(story: Story): Promise<void> {
  await story.at(190).post('memo-held', 'memo');
  await story.at(191).move('memo-held', 'IN_PROGRESS', { assigned_to: 'ada' });
  await story.at(192).move('memo-held', 'ON_HOLD', { reason: 'wait for the press office' });
  await story.at(200).move('memo-held', 'UNASSIGNED', { assigned_to: null });
  await story.at(201).post('feature-held', 'feature');
  await story.at(202).move('feature-held', 'writing');
  await story.at(203).move('feature-held', 'ON_HOLD');
}

/** A task in its caller's trace, and children of it; one names relatives that the board does not know. */
async function family(story: Story): Promise<void> {
  const caller = `00-${'1'.repeat(31)}a-${'2'.repeat(15)}b-00`;
  await story.at(210).post('memo-parent', 'memo', { traceparent: caller, trace_relation: 'parent' });
  const relatives = { parent_task_id: 'memo-parent', origin_task_id: 'memo-unknown' };
  await story.at(211).post('memo-child', 'memo', { ...CALLER, ...relatives, scope: 'desk' });
  await story.at(212).cycle('cycle-family', { actions_taken: 2 }, async by => {
    await story.move('memo-child', 'IN_PROGRESS', { assigned_to: 'ada', ...by });
    await story.move('memo-parent', 'IN_PROGRESS', { assigned_to: 'bob', ...by });
  });
  await story.at(213).move('memo-child', 'COMPLETE');
  await story.at(214).move('memo-parent', 'COMPLETE');
}

/** A beat for an assignment that is over is logged, and belongs to no stage. */
async function lateBeats(story: Story): Promise<void> {
  await story.at(220).post('memo-late', 'memo');
  const { sequence_id: fence } = await story.at(221).move('memo-late', 'IN_PROGRESS', { assigned_to: 'ada' });
  await story.beats('ada', 'memo-late', [222], fence);
  await story.at(223).move('memo-late', 'STALE');
  await story.beats('ada', 'memo-late', [224], fence);
  await story.at(225).move('memo-late', 'UNASSIGNED');
  await story.at(226).move('memo-late', 'IN_PROGRESS', { assigned_to: 'bob' });
  await story.beats('ada', 'memo-late', [227], fence);
  await story.at(228).move('memo-late', 'COMPLETE');
}

const ODD_AGENT = `o'hara "👩‍🚀"\r\n\u0001`;

/** Texts as nobody should choose them: quotes, line breaks, control characters, emoji, a long label. */
async function hostileTask(story: Story): Promise<void> {
  const task = `'; DROP TABLE events; -- "🧨" \\ \u2028 \u007f $1 {}`;
  await story.at(230).post(task, '__proto__"\t✂️', { label: `${'l'.repeat(600)}🧨 "end"\n` });
  await story
    .at(231)
    .cycle(`cycle "${'🚀'.repeat(20)}"`, { actions_taken: 1, chief_id: ODD_AGENT }, by =>
      story.move(task, `"späť" 'n\n🚀`, { assigned_to: ODD_AGENT, ...by }).then(() => {}),
    );
  await story.beats(ODD_AGENT, task, [232]);
  await story.at(233).move(task, 'constructor', { reason: 'stale_heartbeat 🧨' });
}

/** A clock put back by an hour: the board's time goes on by a microsecond an event, the Chief's own does not. */
async function clockBack(story: Story): Promise<void> {
  await story.at(240).post('memo-back', 'memo');
  await story
    .at(-3400)
    .cycle('cycle-back', { actions_taken: 1, previous_slept_at: GOLDEN_LATER }, by =>
      story.move('memo-back', 'IN_PROGRESS', { assigned_to: 'ada', ...by }).then(() => {}),
    );
  await story.beats('ada', 'memo-back', [-3399]);
  await story.move('memo-back', 'COMPLETE');
  await story.at(241).cycle('cycle-shrunk', { trigger: 'board_event', slept_at: GOLDEN_LATER - 500_000_000 });
  await story.at(242).tick('tick-shrunk', { ended_at: GOLDEN_LATER - 500_000_000 });
}

const GOLDEN_LATER = 1_767_225_600_000_000 + 239_000_000;

/** Cycles that found nothing, of each trigger; ones that threw, before and after they had acted; a tick that found nothing. */
async function idleCycles(story: Story): Promise<void> {
  await story.at(250).cycle('cycle-noop', { trigger: 'worker', previous_slept_at: GOLDEN_LATER });
  await story.at(251).cycle('cycle-empty', { trigger: 'ombudsman', draining: true });
  const untouched = { trigger: 'seed', seen_sequence_id: 0, error: '' } as const;
  await story.at(252).cycle('cycle-blind', untouched);
  await story.at(253).post('memo-policy', 'memo');
  const error = `${'e'.repeat(499)}🧨 the rest of a long message`;
  await story
    .at(254)
    .cycle('cycle-error', { trigger: 'worker', error }, by =>
      story.move('memo-policy', 'IN_PROGRESS', by).then(() => {}),
    );
  await story.at(255).tick('tick-idle', { statuses_scanned: [], tasks_scanned: 0 });
  // Nobody held it while it was in progress.
  await story.at(256).move('memo-policy', 'COMPLETE');
}

/** What has not finished has no root yet; what has not been left has no span. */
async function unfinished(story: Story): Promise<void> {
  await story.at(260).post('article-open', 'article', { ...CALLER, trace_relation: 'parent' });
  await story.at(261).move('article-open', 'IN_PROGRESS', { assigned_to: 'ada' });
  await story.beats('ada', 'article-open', [262]);
  await story.at(263).post('article-waiting', 'article');
}

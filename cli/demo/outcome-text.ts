import type { Analysis } from '../../analysis/index.ts';

/** What became of the articles, in two lines. */
export async function outcomeText(analysis: Analysis): Promise<string> {
  const [counts] = await analysis.sql(`SELECT count(*) AS articles,
      count(*) FILTER (status = 'published') AS published,
      count(*) FILTER (status = 'HUMAN_REVIEW') AS crashed,
      count(*) FILTER (revisions > 0) AS revised,
      count(*) FILTER (stale_count > 0) AS stale,
      count(*) FILTER (censored) AS open
    FROM flight_plans`);
  const { articles, published, crashed, revised, stale, open } = counts ?? {};
  return (
    `${articles} articles: ${published} published, ${crashed} crashed and in HUMAN_REVIEW${open === 0 ? '' : `, ${open} not finished`}.\n` +
    `Sent back by a reviewer: ${revised}. Found with a worker that had fallen silent: ${stale}.\n`
  );
}

/**
 * How a log's rows are put in their places, in DuckDB. Wide columns stay out of the ordering, and nothing is gathered in one value,
 * so that all of it may spill.
 */

/** The columns of the rows as they are read; `ordinal` is their place in the file. */
export const STAGED_COLUMNS = {
  ordinal: 'BIGINT',
  task_id: 'VARCHAR',
  status: 'VARCHAR',
  instant: 'BIGINT',
  seq: 'BIGINT',
  agent_id: 'VARCHAR',
  task_type: 'VARCHAR',
  label: 'VARCHAR',
  priority: 'BIGINT',
  started_at: 'BIGINT',
  phase: 'VARCHAR',
  payload: 'VARCHAR',
  case_attributes: 'VARCHAR',
} as const;

/** Each row alone, where no lifecycle column tells of starts. */
const UNPAIRED = `
CREATE OR REPLACE VIEW paired AS
SELECT *, CAST(NULL AS VARCHAR) AS start_agent_id, CAST(NULL AS VARCHAR) AS start_payload FROM staged`;

/**
 * A completion with its start: the first of its case and activity that has none yet. A completion without any stays alone, and
 * takes none from those after it: how many of them there were by then is the highest that completions ever exceeded starts by.
 */
const PAIRED = `
CREATE OR REPLACE TABLE pairs AS
WITH walked AS (
  SELECT ordinal, task_id, status, phase,
    count(*) FILTER (phase = 'start') OVER w AS starts, count(*) FILTER (phase = 'complete') OVER w AS completes
  FROM staged WHERE phase IS NOT NULL
  WINDOW w AS (PARTITION BY task_id, status ORDER BY instant, seq, ordinal ROWS UNBOUNDED PRECEDING)
), counted AS (
  SELECT *, greatest(max(completes - starts) OVER w, 0) AS alone
  FROM walked WINDOW w AS (PARTITION BY task_id, status ORDER BY starts + completes ROWS UNBOUNDED PRECEDING)
), told AS (
  SELECT *, alone > lag(alone, 1, 0) OVER w AS is_alone
  FROM counted WINDOW w AS (PARTITION BY task_id, status ORDER BY starts + completes)
)
SELECT c.ordinal, s.ordinal AS start_ordinal
FROM told c JOIN told s ON s.task_id = c.task_id AND s.status = c.status AND s.starts = c.completes - c.alone
WHERE c.phase = 'complete' AND NOT c.is_alone AND s.phase = 'start';

CREATE OR REPLACE VIEW paired AS
SELECT c.* REPLACE (
    coalesce(c.started_at, s.instant) AS started_at, coalesce(c.task_type, s.task_type) AS task_type,
    coalesce(c.label, s.label) AS label, coalesce(c.priority, s.priority) AS priority,
    coalesce(c.case_attributes, s.case_attributes) AS case_attributes
  ),
  CASE WHEN s.agent_id IS DISTINCT FROM c.agent_id THEN s.agent_id END AS start_agent_id, s.payload AS start_payload
FROM staged c LEFT JOIN pairs p ON p.ordinal = c.ordinal LEFT JOIN staged s ON s.ordinal = p.start_ordinal
ANTI JOIN pairs merged ON merged.start_ordinal = c.ordinal`;

/**
 * The rows in order of time, then `seq`, then the file, each with what it needs of the rows of its case: `former_…` tell of the row
 * before it, `case_…` of the whole case.
 */
const CHAINED = `
CREATE OR REPLACE TABLE chained AS
WITH numbered AS (
  SELECT ordinal, task_id, status, instant, agent_id, task_type, label, priority,
    row_number() OVER (ORDER BY instant, seq, ordinal) AS sequence_id
  FROM paired
), visits AS (
  SELECT *, row_number() OVER (PARTITION BY task_id, status ORDER BY sequence_id) AS visit FROM numbered
)
SELECT ordinal, sequence_id, visit,
  lag(sequence_id) OVER w AS former_sequence_id, lag(instant) OVER w AS former_instant,
  lag(status) OVER w AS former_status, lag(status, 2) OVER w AS second_former_status,
  lag(agent_id) OVER w AS former_agent_id, lag(visit) OVER w AS former_visit,
  lag(task_type IGNORE NULLS) OVER w AS former_task_type, lag(label IGNORE NULLS) OVER w AS former_label,
  lag(priority IGNORE NULLS) OVER w AS former_priority,
  lead(ordinal) OVER w IS NULL AS is_last,
  first_value(instant) OVER whole AS case_created_at,
  first_value(task_type IGNORE NULLS) OVER whole AS case_type,
  last_value(label IGNORE NULLS) OVER whole AS case_label,
  last_value(priority IGNORE NULLS) OVER whole AS case_priority
FROM visits
WINDOW w AS (PARTITION BY task_id ORDER BY sequence_id),
  whole AS (PARTITION BY task_id ORDER BY sequence_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)`;

const READY = `
CREATE OR REPLACE TABLE ready AS
WITH of_cases AS (
  SELECT task_id, arg_min(case_attributes, ordinal) AS attributes
  FROM paired WHERE case_attributes IS NOT NULL GROUP BY task_id
)
SELECT p.task_id, p.status, p.instant, p.agent_id, p.task_type, p.label, p.priority, p.started_at, p.payload,
  p.start_agent_id, p.start_payload, a.attributes AS case_attributes, c.* EXCLUDE (ordinal)
FROM paired p JOIN chained c ON c.ordinal = p.ordinal
LEFT JOIN of_cases a ON a.task_id = p.task_id AND c.former_sequence_id IS NULL
ORDER BY c.sequence_id;

DROP VIEW paired;
DROP TABLE IF EXISTS pairs;
DROP TABLE chained;
DROP TABLE staged`;

/** The last row of each case, once for each of the case's statuses, with how often the case was there. */
const CASES = `
CREATE OR REPLACE TABLE cases AS
WITH visits AS (
  SELECT task_id, status AS visited, max(visit) AS visits FROM ready GROUP BY task_id, status
)
SELECT r.task_id, r.sequence_id, r.status, r.instant, r.agent_id, r.visit, r.former_status, r.case_created_at, r.case_type,
  r.case_label, r.case_priority, v.visited, v.visits
FROM ready r JOIN visits v ON v.task_id = r.task_id WHERE r.is_last ORDER BY r.task_id, v.visited`;

/** Whoever is named, and from when to when. */
const AGENTS = `
CREATE OR REPLACE TABLE agents AS
WITH named AS (
  SELECT agent_id, instant FROM ready UNION ALL SELECT start_agent_id, started_at FROM ready
)
SELECT agent_id, min(instant) AS first_at, max(instant) AS last_at
FROM named WHERE agent_id IS NOT NULL GROUP BY agent_id ORDER BY agent_id`;

/** The statements that put the staged rows in their places, in the tables `ready`, `cases` and `agents`. */
export function placingSql(hasPhases: boolean): readonly string[] {
  return [hasPhases ? PAIRED : UNPAIRED, CHAINED, READY, CASES, AGENTS];
}

/** A digest of all rows in their places, which every version of DuckDB computes alike. */
export const DIGEST_SQL = `
SELECT CAST(bit_xor(md5_number(concat_ws(chr(31), sequence_id, task_id, status, instant, coalesce(agent_id, ''),
  coalesce(CAST(started_at AS VARCHAR), ''), coalesce(case_type, ''), coalesce(label, ''), coalesce(CAST(priority AS VARCHAR), ''),
  payload, coalesce(start_agent_id, ''), coalesce(start_payload, ''), coalesce(case_attributes, '')))) AS VARCHAR) AS digest
FROM ready`;

/** Counts, and the times between which the log lies. */
export const TOTALS_SQL = `
SELECT count(*) AS events, count(*) FILTER (is_last) AS tasks, (SELECT count(*) FROM agents) AS agents, min(instant) AS first_at,
  max(instant) AS last_at
FROM ready`;

/** The statuses, in the order in which they first come. */
export const STATUSES_SQL = 'SELECT status FROM ready GROUP BY status ORDER BY min(sequence_id)';

/** Each step once, with how often it was taken, and how often it led back to where its case had been. */
export const STEPS_SQL = `
SELECT former_status AS from_status, status AS to_status, count(*) AS count, count(*) FILTER (visit > 1) AS returns
FROM ready WHERE former_sequence_id IS NOT NULL GROUP BY ALL ORDER BY min(sequence_id)`;

// In the order in which they were made: while they are read a transaction is open, which must not wait for a sort.

/** Every row in its place, by `sequence_id`. */
export const EVENTS_SQL = 'SELECT * FROM ready';

/** The rows of `cases`, case by case. */
export const CASES_SQL = 'SELECT * FROM cases';

/** The rows of `agents`. */
export const AGENTS_SQL = 'SELECT * FROM agents';

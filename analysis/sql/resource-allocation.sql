-- Resource allocation by capability.
-- Question: of what could be at work, how much is?
-- Formula: allocation = busy / (busy + waiting): the time that agents with the capability were busy, and the time that tasks waited for it. An agent
--   with several capabilities counts for each.
-- Source: docs/analysis.md 21
-- Needs: events, agents, profiles
WITH loads AS (
  SELECT capability, count(*) AS agents, sum(busy_us) AS busy_us FROM capability_loads GROUP BY capability
), sums AS (
  SELECT capability, sum(wait_us) AS wait_us FROM wait_sums WHERE capability IS NOT NULL GROUP BY capability
)
SELECT coalesce(l.capability, s.capability) AS capability, coalesce(l.agents, 0) AS agents, coalesce(l.busy_us, 0) / 1e6 AS busy_seconds,
  coalesce(s.wait_us, 0) / 1e6 AS waiting_seconds,
  coalesce(l.busy_us, 0) / nullif(coalesce(l.busy_us, 0) + coalesce(s.wait_us, 0), 0) AS allocation
FROM loads l FULL JOIN sums s ON s.capability = l.capability
ORDER BY allocation NULLS LAST, capability;

-- Views of what the work cost, which its analyses stand on (docs/analysis.md, Cost). Loaded after the base views.
-- A flight-log entry counts if its payload has token usage or a cost, under OpenTelemetry's names for generative AI or their
-- last words. A number that is none, or negative, is as good as absent. Money is in millionths of a dollar, exactly.

CREATE OR REPLACE MACRO token_count(value) AS CASE WHEN TRY_CAST(value AS DECIMAL(12, 0)) >= 0 THEN TRY_CAST(value AS DECIMAL(12, 0)) END;
CREATE OR REPLACE MACRO price_of(value) AS CASE WHEN TRY_CAST(value AS DECIMAL(19, 9)) >= 0 THEN TRY_CAST(value AS DECIMAL(19, 9)) END;
CREATE OR REPLACE MACRO price_of_tokens(tokens, price) AS CASE WHEN tokens = 0 THEN 0 ELSE tokens * price END;

-- Prices of models, from the variable `model_prices`: JSON, model → {input_usd_per_million_tokens, …}, as an entry may say them.
CREATE OR REPLACE VIEW model_prices AS
SELECT key AS model, value AS prices FROM json_each(CAST(coalesce(getvariable('model_prices'), '{}') AS JSON));

-- Each such entry with what it used and cost. Cached tokens are among the input tokens, at the input's price unless they have
-- one of their own. cost_micros is null where a price is not known. attempt: entries with one `fence` belong together.
CREATE OR REPLACE VIEW usage_entries AS
WITH read AS (
  SELECT board_uid, entry_id, task_id, stage, coalesce('fence ' || (payload->>'fence'), 'entry ' || entry_id) AS attempt,
    coalesce(payload->>'$."gen_ai.response.model"', payload->>'$."gen_ai.request.model"', payload->>'model') AS model,
    token_count(coalesce(payload->>'$."gen_ai.usage.input_tokens"', payload->>'input_tokens')) AS input_tokens,
    token_count(coalesce(payload->>'$."gen_ai.usage.cache_read.input_tokens"', payload->>'cached_input_tokens')) AS cached,
    token_count(coalesce(payload->>'$."gen_ai.usage.output_tokens"', payload->>'output_tokens')) AS output_tokens,
    price_of(payload->>'cost_usd') AS cost_usd, payload
  FROM flight_log
), counted AS (
  SELECT board_uid, entry_id, task_id, stage, attempt, model, payload, cost_usd, coalesce(input_tokens, 0) AS input_tokens,
    least(coalesce(cached, 0), coalesce(input_tokens, 0)) AS cached_input_tokens, coalesce(output_tokens, 0) AS output_tokens
  FROM read WHERE coalesce(input_tokens, output_tokens, cost_usd) IS NOT NULL
), priced AS (
  SELECT c.*,
    price_of(coalesce(c.payload->>'input_usd_per_million_tokens', p.prices->>'input_usd_per_million_tokens')) AS input_price,
    price_of(coalesce(c.payload->>'cached_input_usd_per_million_tokens', p.prices->>'cached_input_usd_per_million_tokens')) AS cached_price,
    price_of(coalesce(c.payload->>'output_usd_per_million_tokens', p.prices->>'output_usd_per_million_tokens')) AS output_price
  FROM counted c LEFT JOIN model_prices p ON p.model = c.model
)
SELECT board_uid, entry_id, task_id, stage, attempt, model, input_tokens, cached_input_tokens, output_tokens,
  CAST(coalesce(
    cost_usd * 1000000,
    price_of_tokens(input_tokens - cached_input_tokens, input_price)
      + price_of_tokens(cached_input_tokens, coalesce(cached_price, input_price)) + price_of_tokens(output_tokens, output_price)
  ) AS DECIMAL(38, 9)) AS cost_micros
FROM priced;

-- The same by task and stage. Whatever came after the first attempt there is work done again.
CREATE OR REPLACE VIEW stage_costs AS
WITH attempts AS (
  SELECT board_uid, task_id, stage, attempt, min(entry_id) AS first_id, count(*) AS entries, count(*) - count(cost_micros) AS unpriced_entries,
    sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens, sum(output_tokens) AS output_tokens,
    sum(cost_micros) AS cost_micros
  FROM usage_entries GROUP BY ALL
)
SELECT board_uid, task_id, stage, count(*) AS attempts, sum(entries) AS entries, sum(unpriced_entries) AS unpriced_entries,
  sum(input_tokens) AS input_tokens, sum(cached_input_tokens) AS cached_input_tokens, sum(output_tokens) AS output_tokens,
  sum(cost_micros) AS cost_micros, sum(cost_micros) - arg_min(coalesce(cost_micros, 0), first_id) AS rerun_cost_micros
FROM attempts GROUP BY board_uid, task_id, stage;

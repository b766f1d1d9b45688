-- Opens an exported folder in the plain DuckDB shell, without Quadro:
--
--   cd FOLDER            -- the Parquet files of `quadro export SOURCE --to FOLDER`
--   duckdb
--   .read PATH/analysis/sql/open-folder.sql
--   .read PATH/analysis/sql/base-views.sql
--   .read PATH/analysis/sql/views-log.sql
--   .read PATH/analysis/sql/views-cost.sql
--   .read PATH/analysis/sql/views-flow.sql
--   .read PATH/analysis/sql/views-chief.sql
--   .read PATH/analysis/sql/views-attempts.sql
--   .read PATH/analysis/sql/dwell-by-status.sql
--
-- For an NDJSON export put read_json('events.ndjson') and so on here: times are ISO text with an offset then, and want
-- timezone('UTC', column). Quadro itself opens the same tables with `openAnalysis`.
CREATE OR REPLACE VIEW log_events AS SELECT * FROM read_parquet('events.parquet');
CREATE OR REPLACE VIEW log_tasks AS SELECT * FROM read_parquet('tasks.parquet');
CREATE OR REPLACE VIEW log_agents AS SELECT * FROM read_parquet('agents.parquet');
CREATE OR REPLACE VIEW log_chief_cycles AS SELECT * FROM read_parquet('chief_cycles.parquet');
CREATE OR REPLACE VIEW log_ombudsman_ticks AS SELECT * FROM read_parquet('ombudsman_ticks.parquet');
CREATE OR REPLACE VIEW log_flight_log AS SELECT * FROM read_parquet('flight_log.parquet');
CREATE OR REPLACE VIEW log_boards AS SELECT * FROM read_parquet('boards.parquet');
CREATE OR REPLACE VIEW log_profiles AS SELECT * FROM read_parquet('profiles.parquet');

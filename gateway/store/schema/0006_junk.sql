-- Junk is put together and compressed, and what a Linac's junk and events may take is bounded. docs/storage.md, "Junk".
-- A row of event of kind 2 whose run is 0 holds a pack: seq is the number of its runs, bytes are zstd. Rows of before this step are a
-- run each. (Comments stand outside of the statements: SQLite keeps those
-- within, and a small store is to stay small. For the same reason INT8, which is BIGINT.)

-- What the Linac's rows of junk take, since ever; then of the day (since 1970 UTC, by the gateway's clock) that is next: what they take,
-- and how many rows of event there are.
ALTER TABLE linac ADD COLUMN junk_bytes INT8;
ALTER TABLE linac ADD COLUMN events_day INT8;
ALTER TABLE linac ADD COLUMN day_junk_bytes INT8;
ALTER TABLE linac ADD COLUMN day_rows INT8;

-- Of junk_runs and junk_bytes; and connects and disconnects without a row.
ALTER TABLE ledger ADD COLUMN junk_dropped_runs INT8 NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN junk_dropped_bytes INT8 NOT NULL DEFAULT 0;
ALTER TABLE ledger ADD COLUMN events_dropped INT8 NOT NULL DEFAULT 0;

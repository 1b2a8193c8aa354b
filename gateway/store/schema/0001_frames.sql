-- Frames, what is known about the stream between them, and the audit. docs/storage.md, "The store".
-- Written so that PostgreSQL takes it too, but for BLOB (BYTEA there) and generated ids.
-- Times are seconds since 1970-01-01 00:00:00 on the Linac's own local clock; received_us is microseconds since 1970, UTC.
-- A frame's place is (epoch, time, sub, arrival): gateway/records/frame_place.hpp.

CREATE TABLE linac (
  id INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  serial TEXT NOT NULL,
  UNIQUE (site, serial)
);

-- The end of each Linac's order: where the next frame is expected. (Comments stand outside of the statements: SQLite keeps those within, and
-- a small store is to stay small.) highest_time is of any epoch; first_* is the first frame of the first epoch; arrivals is the number of frames
-- stored so far; given_up is of a hole reported since the last frame, NULL: no hole.
CREATE TABLE head (
  linac BIGINT PRIMARY KEY REFERENCES linac (id),
  epoch BIGINT NOT NULL,
  time BIGINT NOT NULL,
  sub BIGINT NOT NULL,
  arrival BIGINT NOT NULL,
  counter INTEGER NOT NULL,
  hash BIGINT NOT NULL,
  highest_time BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  first_sub BIGINT NOT NULL,
  first_counter INTEGER NOT NULL,
  arrivals BIGINT NOT NULL,
  given_up BIGINT
);

-- How far each run of a listener's spool is stored.
CREATE TABLE position (
  linac BIGINT NOT NULL REFERENCES linac (id),
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (linac, run)
);

-- Up to 256 frames of one epoch, in order, spanning at most an hour: the lookups rely on that bound.
CREATE TABLE chunk (
  id INTEGER PRIMARY KEY,
  linac BIGINT NOT NULL REFERENCES linac (id),
  epoch BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  frames INTEGER NOT NULL,
  raw_bytes BIGINT NOT NULL,
  keys BLOB NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX chunk_by_time ON chunk (linac, first_time, last_time);
CREATE INDEX chunk_by_order ON chunk (linac, epoch, first_time);

-- The open end of each Linac: a row a commit, each continuing the delta coding of the one before.
CREATE TABLE tail (
  linac BIGINT NOT NULL REFERENCES linac (id),
  part BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  frames INTEGER NOT NULL,
  raw_bytes BIGINT NOT NULL,
  keys BLOB NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (linac, part)
);

-- Tail rows that could not be read back, kept for whoever can. Their frames are missing in the order.
CREATE TABLE damaged_tail (
  id INTEGER PRIMARY KEY,
  linac BIGINT NOT NULL REFERENCES linac (id),
  part BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  frames INTEGER NOT NULL,
  raw_bytes BIGINT NOT NULL,
  keys BLOB NOT NULL,
  data BLOB NOT NULL
);

-- Between two neighbours in an epoch's order frames are missing, or may be. epoch and from_* are of the frame before the gap, to_* of the one
-- after it; another epoch only for kind clock. kind: counter, silence, hole, clock. missing counts frames, NULL where the counter may have
-- wrapped; given_up does as the agent reported for a hole.
CREATE TABLE gap (
  id INTEGER PRIMARY KEY,
  linac BIGINT NOT NULL REFERENCES linac (id),
  epoch BIGINT NOT NULL,
  from_time BIGINT NOT NULL,
  from_sub BIGINT NOT NULL,
  from_counter INTEGER NOT NULL,
  to_epoch BIGINT NOT NULL,
  to_time BIGINT NOT NULL,
  to_sub BIGINT NOT NULL,
  to_counter INTEGER NOT NULL,
  kind TEXT NOT NULL,
  missing BIGINT,
  missing_estimate BIGINT NOT NULL,
  given_up BIGINT
);
CREATE INDEX gap_by_end ON gap (linac, to_epoch, to_time, to_sub);

-- What else came down the stream: entries that are no frames. kind: common/icom/stream_entry.hpp. epoch and time are of the head at
-- that moment; NULL before the first frame.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  linac BIGINT NOT NULL REFERENCES linac (id),
  kind INTEGER NOT NULL,
  run BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  received_us BIGINT NOT NULL,
  epoch BIGINT,
  time BIGINT,
  bytes BLOB NOT NULL
);
CREATE INDEX event_by_linac ON event (linac, id);

-- The audit: what came in, by the hour of the Linac's clock (time / 3600). received = stored + duplicates.
CREATE TABLE ledger (
  linac BIGINT NOT NULL REFERENCES linac (id),
  hour BIGINT NOT NULL,
  received BIGINT NOT NULL,
  stored BIGINT NOT NULL,
  duplicates BIGINT NOT NULL,
  conflicts BIGINT NOT NULL,
  stored_bytes BIGINT NOT NULL,
  junk_runs BIGINT NOT NULL,
  junk_bytes BIGINT NOT NULL,
  PRIMARY KEY (linac, hour)
);

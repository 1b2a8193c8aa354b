-- Records (deliveries) found in the frames. docs/storage.md, "Records".
-- A row is never deleted, so an id is never given twice; one whose frames went to another record has frames = 0.
-- revision: +1 whenever the record changed after it was closed. patient_*: as the Linac sent them, not always UTF-8. next_*: the frame that
-- ended it, NULL while it is open. kept: 1 if MU were delivered, or no frame's MU could be read. gaps: places inside or at its ends where
-- frames are missing, or may be. complete: 1 if closed and gaps = 0.

CREATE TABLE record (
  id INTEGER PRIMARY KEY,
  linac BIGINT NOT NULL REFERENCES linac (id),
  revision BIGINT NOT NULL,
  patient_id BLOB NOT NULL,
  patient_name BLOB NOT NULL,
  first_epoch BIGINT NOT NULL,
  first_time BIGINT NOT NULL,
  first_sub BIGINT NOT NULL,
  first_arrival BIGINT NOT NULL,
  last_epoch BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  last_sub BIGINT NOT NULL,
  last_arrival BIGINT NOT NULL,
  next_epoch BIGINT,
  next_time BIGINT,
  next_sub BIGINT,
  next_arrival BIGINT,
  frames BIGINT NOT NULL,
  delivered_mu DOUBLE PRECISION NOT NULL,
  kept INTEGER NOT NULL,
  gaps BIGINT NOT NULL,
  complete INTEGER NOT NULL
);
CREATE INDEX record_by_order ON record (linac, first_epoch, first_time, first_sub, first_arrival);
CREATE INDEX record_by_time ON record (first_time);
CREATE INDEX record_open ON record (linac) WHERE next_time IS NULL;

-- number: from 1.
CREATE TABLE beam (
  record BIGINT NOT NULL REFERENCES record (id),
  number INTEGER NOT NULL,
  field_id BLOB NOT NULL,
  first_time BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  frames BIGINT NOT NULL,
  delivered_mu DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (record, number)
);

-- What an agent told about frames that it gave up: not only how many, but of which, and why.

ALTER TABLE head ADD COLUMN given_up_with_patient BIGINT;  -- of given_up
ALTER TABLE head ADD COLUMN given_up_reason TEXT;

ALTER TABLE gap ADD COLUMN given_up_with_patient BIGINT;
ALTER TABLE gap ADD COLUMN given_up_reason TEXT;           -- bound, disk_full, queue_full, corrupt, missing; several with commas

CREATE INDEX event_hole ON event (linac) WHERE kind = 5;

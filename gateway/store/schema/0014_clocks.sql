-- What a Linac's clock stands for: docs/storage.md, "Clocks". Nothing of before this step is looked at: it is told as it was until then,
-- by the site's file. (One table and no types, as a table or a longer text takes a page of every store; an index that nothing uses makes
-- room for it.)
DROP INDEX record_by_time;

-- From the frame at this place on, up to the next row, the clock is taken to be set to this zone, and to be ahead of UTC by utc_offset seconds
-- (NULL: not known). All 0: from the Linac's first frame on.
-- Rows of epoch -1 are the history of how far the clock was ahead of the agent's: time is their number, from 1, the newest last; since when,
-- by how much, and what it was taken to be set to then.
CREATE TABLE clock (linac, epoch, time, sub, arrival, zone, utc_offset, received_us, ahead_us, PRIMARY KEY (linac, epoch, time, sub, arrival)) WITHOUT ROWID;

-- Of the first and the last frame, after the record's first_epoch. NULL: built before this step.
ALTER TABLE beam ADD COLUMN first_later;
ALTER TABLE beam ADD COLUMN last_later;
ALTER TABLE interlock ADD COLUMN first_later;
ALTER TABLE interlock ADD COLUMN last_later;

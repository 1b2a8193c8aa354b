-- What a Linac's clock stands for: docs/storage.md, "Clocks". Nothing of before this step is looked at: it is told as it was until then,
-- by the site's file. (Without types, as in step 11: a longer text takes a page of every store.)

-- How far the clock was ahead of the agent's, the newest last: number is from 1; zone and utc_offset (seconds; NULL: not known) are what it
-- was taken to be set to.
CREATE TABLE clock (linac, number, received_us, ahead_us, zone, utc_offset, PRIMARY KEY (linac, number)) WITHOUT ROWID;

-- From the frame at this place on, up to the next row, the clock is taken to be set to this zone, and to be ahead of UTC by utc_offset seconds
-- (NULL: not known). All 0: from the Linac's first frame on.
CREATE TABLE zone_place (linac, epoch, time, sub, arrival, zone, utc_offset, PRIMARY KEY (linac, epoch, time, sub, arrival)) WITHOUT ROWID;

-- Of the first and the last frame, after the record's first_epoch. NULL: built before this step.
ALTER TABLE beam ADD COLUMN first_later;
ALTER TABLE beam ADD COLUMN last_later;
ALTER TABLE interlock ADD COLUMN first_later;
ALTER TABLE interlock ADD COLUMN last_later;

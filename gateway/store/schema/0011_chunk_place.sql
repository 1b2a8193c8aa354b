-- Where chunks stand, to the frame: a clock that stands still may put any number of them into one second. docs/storage.md, "Chunks".
-- late: 1 if late frames are in it; no two others reach over the same place. The first frame's place, and the last one's. (WITHOUT ROWID is
-- SQLite's: it spares every store a page, as do short texts. A column of the key is not NULL.)
CREATE TABLE chunk_place (linac, late, epoch, time, sub, arrival, last_time, last_sub, last_arrival, chunk, PRIMARY KEY (linac, late, epoch, time, sub, arrival)) WITHOUT ROWID;

-- Chunks of before this step are not in it: to read all of ten years would keep the gateway from starting. Three numbers, with spaces
-- between: an id that none of them exceeds, and an epoch and a second that none of them reaches over. NULL: there are none.
ALTER TABLE linac ADD COLUMN unplaced INT8;
UPDATE linac SET unplaced = (SELECT (SELECT max(id) FROM chunk) || ' ' || epoch || ' ' || time FROM head WHERE head.linac = linac.id);

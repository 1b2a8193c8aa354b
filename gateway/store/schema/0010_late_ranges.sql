-- Up to 16 ranges of late frames per Linac whose records are still to be built again, where step 7 had one: docs/storage.md, "Records".
-- Eight numbers each, with spaces between: epoch, time, sub, arrival of its first and of its last place. NULL: none. A text in a column
-- that was made for a number: a new table, or even a new column, takes pages of every store.

-- Whole seconds, as step 7 kept them.
UPDATE linac SET late_epoch =
  late_epoch || ' ' || late_time || ' -9223372036854775807 -9223372036854775807 ' ||
  late_to_epoch || ' ' || late_to_time || ' 9223372036854775807 9223372036854775807'
WHERE late_epoch IS NOT NULL;

ALTER TABLE linac DROP COLUMN late_time;
ALTER TABLE linac DROP COLUMN late_to_epoch;
ALTER TABLE linac DROP COLUMN late_to_time;
ALTER TABLE linac RENAME COLUMN late_epoch TO late_ranges;

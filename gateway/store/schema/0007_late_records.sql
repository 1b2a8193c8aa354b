-- Records that late frames touched and that are still to be built again: docs/storage.md, "Records". Epoch and second of the first
-- and the last of these frames; NULL: none.

ALTER TABLE linac ADD COLUMN late_epoch INT8;
ALTER TABLE linac ADD COLUMN late_time INT8;
ALTER TABLE linac ADD COLUMN late_to_epoch INT8;
ALTER TABLE linac ADD COLUMN late_to_time INT8;

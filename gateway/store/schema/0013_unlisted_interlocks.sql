-- How many different interlocks a record does not list, since it has fewer frames: docs/storage.md, "Records". NULL: built before this step.
-- (Without a type: a longer text takes a page of every store.)

ALTER TABLE record ADD COLUMN unlisted;

-- What stands at a position, so that a spool that was set back is told from the one that sent it.

ALTER TABLE position ADD COLUMN fingerprint BIGINT;  -- of the entry there; NULL: stored before this step

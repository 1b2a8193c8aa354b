-- Where each run's connection stands in the order. docs/storage.md, "Order".

-- The run whose connection brought the last frame, and nothing since; NULL: not known.
ALTER TABLE head ADD COLUMN run BIGINT;

-- The place of the last frame of the run's connection, or of the stored one that is equal to it; NULL: its connection has brought
-- no frame, or head.run says it.
ALTER TABLE position ADD COLUMN epoch BIGINT;
ALTER TABLE position ADD COLUMN time BIGINT;
ALTER TABLE position ADD COLUMN sub BIGINT;
ALTER TABLE position ADD COLUMN arrival BIGINT;
ALTER TABLE position ADD COLUMN counter INTEGER;

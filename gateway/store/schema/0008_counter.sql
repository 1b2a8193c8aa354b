-- The offset of the byte that counts in a Linac's frames; NULL: not learnt. docs/protocol.md, "The counter".

ALTER TABLE linac ADD COLUMN counter_at INTEGER;
UPDATE linac SET counter_at = 26 WHERE id IN (SELECT linac FROM head);  -- what is stored was counted so

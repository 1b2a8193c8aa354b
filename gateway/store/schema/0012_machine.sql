-- What a Linac's frames call their machine (300A,00B2): docs/storage.md, "The machine ID".

-- What was learnt; NULL: none has come. Then the newest other one that nobody has said to be right, NULL: none; how many frames in a
-- row had that; and how many had another than what was learnt.
ALTER TABLE linac ADD COLUMN machine TEXT;
ALTER TABLE linac ADD COLUMN other_machine TEXT;
ALTER TABLE linac ADD COLUMN other_in_a_row INT8 NOT NULL DEFAULT 0;
ALTER TABLE linac ADD COLUMN other_frames INT8 NOT NULL DEFAULT 0;

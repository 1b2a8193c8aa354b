-- Interlocks that were on during a record: number from 1, in the order in which they were first on; text as the Linac sent it; frames with it on.

CREATE TABLE interlock (
  record BIGINT NOT NULL REFERENCES record (id),
  number INTEGER NOT NULL,
  text BLOB NOT NULL,
  first_time BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  frames BIGINT NOT NULL,
  PRIMARY KEY (record, number)
);

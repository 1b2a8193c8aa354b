-- Interlocks that were on during a record.

CREATE TABLE interlock (
  record BIGINT NOT NULL REFERENCES record (id),
  number INTEGER NOT NULL,         -- from 1, in the order in which they were first on
  text BLOB NOT NULL,              -- as the Linac sent it
  first_time BIGINT NOT NULL,
  last_time BIGINT NOT NULL,
  frames BIGINT NOT NULL,          -- with it on
  PRIMARY KEY (record, number)
);

-- Writes that clients made under a request id, with their answers, kept for a day: after an owner's death a client sends its
-- call again, and what was done is answered, not done again (R6). Key and content can be read by nobody who does not know
-- the request id, which stands nowhere.
CREATE TABLE requests (
  name BLOB NOT NULL PRIMARY KEY,
  content BLOB NOT NULL,
  done_at INTEGER NOT NULL
) STRICT;

CREATE INDEX requests_by_time ON requests (done_at);

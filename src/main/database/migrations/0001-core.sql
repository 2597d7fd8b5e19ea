-- The workspace's first schema. Times are integer milliseconds UTC, sizes integer bytes, public ids UUIDv7 text.
-- Foreign keys are RESTRICT where the order of removal is a promise (D1): the database refuses the wrong order.

CREATE TABLE workspace (
  id TEXT NOT NULL PRIMARY KEY,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key_generations (
  generation INTEGER NOT NULL PRIMARY KEY,
  status TEXT NOT NULL CHECK (status IN ('active', 'decrypt_only', 'retired')),
  check_value BLOB NOT NULL,
  -- This generation's root, wrapped by the recovery key; null where only the keychain holds it.
  wrapped_root BLOB,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE vault_recipients (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('passphrase', 'recovery_code', 'root')),
  parameters TEXT NOT NULL,
  wrapped_key BLOB NOT NULL,
  checked_at INTEGER,
  version INTEGER NOT NULL,
  seal BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE vault_secrets (
  -- Secrets of the console itself that a workspace without a keychain keeps: the seed of the log's key.
  name TEXT NOT NULL PRIMARY KEY,
  blob BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
  id TEXT NOT NULL PRIMARY KEY,
  content TEXT NOT NULL,
  version INTEGER NOT NULL,
  seal BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ai_providers (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE ai_models (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  provider_no INTEGER NOT NULL REFERENCES ai_providers (no) ON DELETE RESTRICT,
  name TEXT NOT NULL COLLATE NOCASE,
  version INTEGER NOT NULL,
  UNIQUE (provider_no, name)
) STRICT;

CREATE TABLE users (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  external_id TEXT UNIQUE,
  mail TEXT NOT NULL,
  -- NFC and case-folded: what makes two addresses the same.
  mail_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('owner', 'user')),
  status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'deleting')),
  password_hash TEXT NOT NULL,
  password_must_change INTEGER NOT NULL CHECK (password_must_change IN (0, 1)),
  ai_model_no INTEGER REFERENCES ai_models (no) ON DELETE RESTRICT,
  connection_count INTEGER NOT NULL DEFAULT 0,
  version INTEGER NOT NULL,
  seal BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  last_sign_in_at INTEGER
) STRICT;
CREATE INDEX users_by_creation ON users (created_at, no);
CREATE INDEX users_by_name ON users (name COLLATE NOCASE, no);
CREATE INDEX users_by_mail ON users (mail_key, no);
CREATE INDEX users_by_external_id ON users (coalesce(external_id, ''), no);
CREATE INDEX users_by_role ON users (role, status);
CREATE INDEX users_by_model ON users (ai_model_no) WHERE ai_model_no IS NOT NULL;

CREATE VIRTUAL TABLE users_search USING fts5 (
  name, mail, external_id, content = 'users', content_rowid = 'no', tokenize = 'trigram'
);
INSERT INTO users_search (users_search, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
  INSERT INTO users_search (rowid, name, mail, external_id) VALUES (new.no, new.name, new.mail, new.external_id);
END;
CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
  INSERT INTO users_search (users_search, rowid, name, mail, external_id)
  VALUES ('delete', old.no, old.name, old.mail, old.external_id);
END;
CREATE TRIGGER users_search_update AFTER UPDATE OF name, mail, external_id ON users BEGIN
  INSERT INTO users_search (users_search, rowid, name, mail, external_id)
  VALUES ('delete', old.no, old.name, old.mail, old.external_id);
  INSERT INTO users_search (rowid, name, mail, external_id) VALUES (new.no, new.name, new.mail, new.external_id);
END;

CREATE TABLE quotas (
  user_no INTEGER PRIMARY KEY REFERENCES users (no) ON DELETE CASCADE,
  limit_bytes INTEGER CHECK (limit_bytes >= 0),
  -- Kept by the triggers on documents, never summed.
  used_bytes INTEGER NOT NULL DEFAULT 0,
  document_count INTEGER NOT NULL DEFAULT 0,
  counted_at INTEGER,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  user_no INTEGER NOT NULL REFERENCES users (no) ON DELETE CASCADE,
  token_hash BLOB NOT NULL UNIQUE,
  host TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  seal BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_no);

CREATE TABLE sign_in_attempts (
  -- Subject is a hash: neither mail addresses that do not exist nor passphrase tries leave text here.
  subject BLOB NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  lockouts INTEGER NOT NULL,
  locked_until INTEGER,
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE backends (
  -- A small number for everything that holds documents; large tables carry it instead of text ids.
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('folder', 's3', 'webdav')),
  document_count INTEGER NOT NULL DEFAULT 0,
  document_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE storage_profiles (
  id TEXT NOT NULL PRIMARY KEY,
  backend_no INTEGER NOT NULL UNIQUE REFERENCES backends (no) ON DELETE RESTRICT,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
  -- Endpoint, region, bucket, layout and so on, without secrets, as canonical JSON.
  configuration TEXT NOT NULL,
  credentials BLOB,
  own INTEGER NOT NULL CHECK (own IN (0, 1)),
  last_indexed_at INTEGER,
  version INTEGER NOT NULL,
  seal BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX storage_profiles_own ON storage_profiles (own) WHERE own = 1;

CREATE TABLE connections (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  user_no INTEGER NOT NULL REFERENCES users (no) ON DELETE RESTRICT,
  backend_no INTEGER NOT NULL UNIQUE REFERENCES backends (no) ON DELETE RESTRICT,
  provider TEXT NOT NULL CHECK (provider IN ('webdav', 's3')),
  label TEXT NOT NULL,
  account TEXT NOT NULL,
  -- Address, bucket, user name and so on, without secrets, as canonical JSON.
  configuration TEXT NOT NULL,
  credentials BLOB NOT NULL,
  root TEXT NOT NULL,
  owned_root INTEGER NOT NULL CHECK (owned_root IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('works', 'reauthorise', 'unreachable', 'untested')),
  last_checked_at INTEGER,
  version INTEGER NOT NULL,
  seal BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX connections_by_user ON connections (user_no);
-- Which connections lead to the same cloud account.
CREATE INDEX connections_by_place ON connections (json_extract(configuration, '$.place'));
CREATE TRIGGER connections_count_insert AFTER INSERT ON connections BEGIN
  UPDATE users SET connection_count = connection_count + 1 WHERE no = new.user_no;
END;
CREATE TRIGGER connections_count_delete AFTER DELETE ON connections BEGIN
  UPDATE users SET connection_count = connection_count - 1 WHERE no = old.user_no;
END;
CREATE TRIGGER connections_keep_while_documents BEFORE DELETE ON connections
WHEN EXISTS (SELECT 1 FROM documents WHERE backend_no = old.backend_no) BEGIN
  SELECT RAISE(ABORT, 'documents are recorded on this connection');
END;

CREATE TABLE documents (
  no INTEGER PRIMARY KEY,
  backend_no INTEGER NOT NULL REFERENCES backends (no) ON DELETE RESTRICT,
  user_no INTEGER NOT NULL REFERENCES users (no) ON DELETE RESTRICT,
  key TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  etag TEXT,
  modified_at INTEGER,
  UNIQUE (backend_no, key)
) STRICT;
CREATE INDEX documents_by_user ON documents (user_no, backend_no, key);
CREATE TRIGGER documents_total_insert AFTER INSERT ON documents BEGIN
  UPDATE quotas SET used_bytes = used_bytes + new.size, document_count = document_count + 1 WHERE user_no = new.user_no;
  UPDATE backends SET document_bytes = document_bytes + new.size, document_count = document_count + 1 WHERE no = new.backend_no;
END;
CREATE TRIGGER documents_total_delete AFTER DELETE ON documents BEGIN
  UPDATE quotas SET used_bytes = used_bytes - old.size, document_count = document_count - 1 WHERE user_no = old.user_no;
  UPDATE backends SET document_bytes = document_bytes - old.size, document_count = document_count - 1 WHERE no = old.backend_no;
END;
CREATE TRIGGER documents_total_update AFTER UPDATE OF size, user_no, backend_no ON documents
WHEN old.size <> new.size OR old.user_no <> new.user_no OR old.backend_no <> new.backend_no BEGIN
  UPDATE quotas SET used_bytes = used_bytes - old.size, document_count = document_count - 1 WHERE user_no = old.user_no;
  UPDATE quotas SET used_bytes = used_bytes + new.size, document_count = document_count + 1 WHERE user_no = new.user_no;
  UPDATE backends SET document_bytes = document_bytes - old.size, document_count = document_count - 1 WHERE no = old.backend_no;
  UPDATE backends SET document_bytes = document_bytes + new.size, document_count = document_count + 1 WHERE no = new.backend_no;
END;

CREATE TABLE index_runs (
  id TEXT NOT NULL PRIMARY KEY,
  backend_no INTEGER NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
  cursor TEXT,
  seen INTEGER NOT NULL DEFAULT 0,
  added INTEGER NOT NULL DEFAULT 0,
  changed INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  foreign_count INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0,
  message TEXT,
  started_at INTEGER NOT NULL,
  ended_at INTEGER
) STRICT;

CREATE TABLE plans (
  id TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL,
  -- Erased when the deletion is done.
  mail TEXT,
  hash TEXT NOT NULL,
  -- What the hash is taken over, as canonical JSON: per backend count, bytes, and the hash of all references.
  content TEXT NOT NULL,
  -- What must not have changed by the start: mail, connections, roots, profile. Erased with the mail.
  basis TEXT NOT NULL,
  -- Unfinished uploads that answered to their exact key alone, which a listing does not show again.
  uploads TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- The log's entry of this plan, for the certificate.
  entry_sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX plans_by_user ON plans (user_id);

CREATE TABLE deletions (
  id TEXT NOT NULL PRIMARY KEY,
  plan_id TEXT NOT NULL UNIQUE REFERENCES plans (id) ON DELETE RESTRICT,
  -- Outlives the user: no foreign key.
  user_id TEXT NOT NULL,
  user_no INTEGER REFERENCES users (no) ON DELETE RESTRICT,
  mail TEXT,
  -- Names the user's folder or bucket for a later retry. Erased with the mail, unless the platform's store has leftovers.
  external_id TEXT,
  -- HMAC of the mail under a key of its own; both stand on the certificate.
  subject_key TEXT NOT NULL,
  subject TEXT NOT NULL,
  stage TEXT NOT NULL CHECK (stage IN ('closing', 'clouds', 'store', 'verifying', 'review', 'revoking', 'finishing', 'certifying', 'done', 'cancelled')),
  waiting_reason TEXT CHECK (waiting_reason IN ('offline', 'backend', 'vault', 'reauthorise', 'growth', 'hidden', 'review')),
  -- The backend that is waited for, by its source's public id.
  waiting_backend TEXT,
  waiting_since INTEGER,
  waiting_message TEXT,
  waiting_tries INTEGER NOT NULL DEFAULT 0,
  -- When a waiting deletion is tried again by itself; null where somebody has to answer first.
  next_try_at INTEGER,
  paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
  when_down TEXT NOT NULL CHECK (when_down IN ('wait', 'without_unreachable', 'best_effort')),
  review INTEGER NOT NULL CHECK (review IN (0, 1)),
  review_finished INTEGER NOT NULL DEFAULT 0 CHECK (review_finished IN (0, 1)),
  -- The point of no return: set before the first request that removes anything is sent.
  first_removal_at INTEGER,
  status_before TEXT NOT NULL,
  ordered_by TEXT NOT NULL,
  -- Per connection what became of its grant, as canonical JSON.
  revocations TEXT NOT NULL DEFAULT '[]',
  -- Names of the console's own copies of the workspace that are destroyed at the end, as JSON.
  destroyed_copies TEXT NOT NULL DEFAULT '[]',
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  certificate TEXT,
  certificate_hash TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX deletions_by_start ON deletions (started_at, id);
CREATE INDEX deletions_by_user ON deletions (user_no);
CREATE UNIQUE INDEX deletions_one_open ON deletions (user_id) WHERE stage NOT IN ('done', 'cancelled');

CREATE TABLE deletion_backends (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  deletion_id TEXT NOT NULL REFERENCES deletions (id) ON DELETE RESTRICT,
  -- The public id: a profile's or a connection's.
  source_id TEXT NOT NULL,
  backend_no INTEGER NOT NULL,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('folder', 's3', 'webdav')),
  label TEXT NOT NULL,
  is_cloud INTEGER NOT NULL CHECK (is_cloud IN (0, 1)),
  reach TEXT NOT NULL CHECK (reach IN ('owned', 'recorded')),
  state TEXT NOT NULL CHECK (state IN ('due', 'running', 'verifying', 'waiting', 'done', 'skipped')),
  finality TEXT NOT NULL CHECK (finality IN ('final', 'trash', 'retained', 'unknown')),
  note TEXT,
  -- Why it was skipped or could not be verified.
  problem TEXT,
  -- Whether the run may go on without it when it does not answer.
  may_skip INTEGER NOT NULL DEFAULT 0 CHECK (may_skip IN (0, 1)),
  planned INTEGER NOT NULL,
  planned_bytes INTEGER NOT NULL,
  found INTEGER NOT NULL DEFAULT 0,
  found_bytes INTEGER NOT NULL DEFAULT 0,
  -- How much was found when an administrator accepted that it is more than planned.
  accepted INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0,
  removed_bytes INTEGER NOT NULL DEFAULT 0,
  absent INTEGER NOT NULL DEFAULT 0,
  kept INTEGER NOT NULL DEFAULT 0,
  leftovers INTEGER NOT NULL DEFAULT 0,
  -- References asked to be removed whose answer has not come: they may be gone.
  unanswered INTEGER NOT NULL DEFAULT 0,
  -- How many times it was listed again after removal.
  round INTEGER NOT NULL DEFAULT 0,
  -- Where listing goes on, as JSON; null before and after.
  cursor TEXT,
  -- What hid the user's folder was removed, or is about to be: the folder is listed anew before the rest is removed.
  list_anew INTEGER NOT NULL DEFAULT 0 CHECK (list_anew IN (0, 1)),
  -- Keys above the folder at which something stood while a listing showed what is below, as JSON: they hide nothing.
  not_hiding TEXT NOT NULL DEFAULT '[]',
  inventory_done INTEGER NOT NULL DEFAULT 0 CHECK (inventory_done IN (0, 1)),
  first_removal_at INTEGER,
  last_removal_at INTEGER,
  verified_at INTEGER,
  UNIQUE (deletion_id, position)
) STRICT;

CREATE TABLE deletion_items (
  backend INTEGER NOT NULL REFERENCES deletion_backends (no) ON DELETE RESTRICT,
  -- Order of removal within a backend: what hides others first, uploads and emptied folders last.
  phase INTEGER NOT NULL,
  key TEXT NOT NULL,
  -- Version or upload id; the empty string where there is none, so that the reference is unique.
  version_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('object', 'version', 'marker', 'upload', 'folder')),
  size INTEGER NOT NULL,
  etag TEXT,
  modified_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (backend, phase, key, version_id, kind)
) STRICT, WITHOUT ROWID;

-- D1: the store's turn comes only when nothing of a cloud is on the work list, and the user's only when nothing is at all.
CREATE TRIGGER deletions_clouds_before_store BEFORE UPDATE OF stage ON deletions
WHEN new.stage NOT IN ('closing', 'clouds', 'cancelled') AND EXISTS (
  SELECT 1 FROM deletion_backends AS b WHERE b.deletion_id = new.id AND b.is_cloud = 1
    AND EXISTS (SELECT 1 FROM deletion_items WHERE backend = b.no)
) BEGIN
  SELECT RAISE(ABORT, 'documents in clouds come before the store');
END;
CREATE TRIGGER deletions_items_before_user BEFORE UPDATE OF stage, user_no ON deletions
WHEN (new.user_no IS NULL OR new.stage IN ('revoking', 'finishing', 'certifying', 'done')) AND EXISTS (
  SELECT 1 FROM deletion_backends AS b WHERE b.deletion_id = new.id
    AND EXISTS (SELECT 1 FROM deletion_items WHERE backend = b.no)
) AND new.stage <> 'cancelled' BEGIN
  SELECT RAISE(ABORT, 'the work list comes before the user');
END;

CREATE TABLE deletion_entries (
  -- The log's entries of a deletion, for its certificate.
  deletion_id TEXT NOT NULL REFERENCES deletions (id) ON DELETE RESTRICT,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (deletion_id, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE leftovers (
  id TEXT NOT NULL PRIMARY KEY,
  backend INTEGER NOT NULL REFERENCES deletion_backends (no) ON DELETE RESTRICT,
  kind TEXT NOT NULL CHECK (kind IN ('object', 'version', 'marker', 'upload', 'folder')),
  key TEXT NOT NULL,
  version_id TEXT NOT NULL DEFAULT '',
  size INTEGER NOT NULL DEFAULT 0,
  etag TEXT,
  modified_at INTEGER,
  reason TEXT NOT NULL,
  retryable INTEGER NOT NULL CHECK (retryable IN (0, 1)),
  retained_until INTEGER,
  created_at INTEGER NOT NULL,
  -- Set by a retry that succeeded after the certificate.
  resolved_at INTEGER,
  resolved_as TEXT CHECK (resolved_as IN ('removed', 'absent')),
  addendum_id TEXT REFERENCES addenda (id) ON DELETE RESTRICT,
  UNIQUE (backend, kind, key, version_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE addenda (
  id TEXT NOT NULL PRIMARY KEY,
  deletion_id TEXT NOT NULL REFERENCES deletions (id) ON DELETE RESTRICT,
  certificate TEXT NOT NULL,
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX addenda_by_deletion ON addenda (deletion_id, created_at);

CREATE TABLE tombstones (
  user_id TEXT NOT NULL PRIMARY KEY,
  deletion_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_entries (
  sequence INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  time INTEGER NOT NULL,
  event TEXT NOT NULL,
  actor_id TEXT,
  target_kind TEXT,
  target_id TEXT,
  outcome TEXT NOT NULL,
  -- The entry as canonical JSON (RFC 8785): what is hashed. The columns beside it are for searching.
  entry TEXT NOT NULL,
  previous_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  -- Where the entry wrote a sealed row: which, so that its newest seal can be found.
  sealed_table TEXT,
  sealed_row TEXT
) STRICT;
CREATE INDEX audit_entries_by_target ON audit_entries (target_id, sequence) WHERE target_id IS NOT NULL;
CREATE INDEX audit_entries_by_event ON audit_entries (event, sequence);
CREATE INDEX audit_entries_by_outcome ON audit_entries (outcome, sequence) WHERE outcome <> 'done';
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, sequence) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entries_by_seal ON audit_entries (sealed_table, sealed_row, sequence) WHERE sealed_table IS NOT NULL;
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries BEGIN
  SELECT RAISE(ABORT, 'audit entries are append only');
END;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries BEGIN
  SELECT RAISE(ABORT, 'audit entries are append only');
END;

CREATE TABLE audit_frontier (
  -- One row: the RFC 6962 frontier over all leaves, so that a root costs O(log n).
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  hashes BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoints (
  size INTEGER NOT NULL PRIMARY KEY,
  note TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

import { blob, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

// The columns as the migrations make them; a test holds both against each other. Constraints, indexes and triggers live in
// the migrations alone, so that there is one place to read them.

export const workspace = sqliteTable('workspace', {
  id: text('id').primaryKey(),
  createdAt: integer('created_at').notNull(),
});

export const keyGenerations = sqliteTable('key_generations', {
  generation: integer('generation').primaryKey(),
  status: text('status', { enum: ['active', 'decrypt_only', 'retired'] }).notNull(),
  checkValue: blob('check_value', { mode: 'buffer' }).notNull(),
  wrappedRoot: blob('wrapped_root', { mode: 'buffer' }),
  createdAt: integer('created_at').notNull(),
});

export const vaultRecipients = sqliteTable('vault_recipients', {
  id: text('id').primaryKey(),
  kind: text('kind', { enum: ['passphrase', 'recovery_code', 'root'] }).notNull(),
  parameters: text('parameters').notNull(),
  wrappedKey: blob('wrapped_key', { mode: 'buffer' }).notNull(),
  checkedAt: integer('checked_at'),
  version: integer('version').notNull(),
  seal: blob('seal', { mode: 'buffer' }).notNull(),
  createdAt: integer('created_at').notNull(),
});

export const vaultSecrets = sqliteTable('vault_secrets', {
  name: text('name').primaryKey(),
  blob: blob('blob', { mode: 'buffer' }).notNull(),
});

export const settings = sqliteTable('settings', {
  id: text('id').primaryKey(),
  content: text('content').notNull(),
  version: integer('version').notNull(),
  seal: blob('seal', { mode: 'buffer' }).notNull(),
});

export const aiProviders = sqliteTable('ai_providers', {
  no: integer('no').primaryKey(),
  id: text('id').notNull(),
  name: text('name').notNull(),
  version: integer('version').notNull(),
});

export const aiModels = sqliteTable('ai_models', {
  no: integer('no').primaryKey(),
  id: text('id').notNull(),
  providerNo: integer('provider_no').notNull(),
  name: text('name').notNull(),
  version: integer('version').notNull(),
});

export const users = sqliteTable('users', {
  no: integer('no').primaryKey(),
  id: text('id').notNull(),
  externalId: text('external_id'),
  mail: text('mail').notNull(),
  mailKey: text('mail_key').notNull(),
  name: text('name').notNull(),
  role: text('role', { enum: ['owner', 'user'] }).notNull(),
  status: text('status', { enum: ['active', 'inactive', 'deleting'] }).notNull(),
  passwordHash: text('password_hash').notNull(),
  passwordMustChange: integer('password_must_change', { mode: 'boolean' }).notNull(),
  aiModelNo: integer('ai_model_no'),
  connectionCount: integer('connection_count').notNull().default(0),
  version: integer('version').notNull(),
  seal: blob('seal', { mode: 'buffer' }).notNull(),
  createdAt: integer('created_at').notNull(),
  lastSignInAt: integer('last_sign_in_at'),
});

export const quotas = sqliteTable('quotas', {
  userNo: integer('user_no').primaryKey(),
  limitBytes: integer('limit_bytes'),
  usedBytes: integer('used_bytes').notNull().default(0),
  documentCount: integer('document_count').notNull().default(0),
  countedAt: integer('counted_at'),
  version: integer('version').notNull(),
});

export const sessions = sqliteTable('sessions', {
  id: text('id').primaryKey(),
  userNo: integer('user_no').notNull(),
  tokenHash: blob('token_hash', { mode: 'buffer' }).notNull(),
  host: text('host').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
  version: integer('version').notNull(),
  seal: blob('seal', { mode: 'buffer' }).notNull(),
});

export const signInAttempts = sqliteTable('sign_in_attempts', {
  subject: blob('subject', { mode: 'buffer' }).primaryKey(),
  failures: integer('failures').notNull(),
  lockouts: integer('lockouts').notNull(),
  lockedUntil: integer('locked_until'),
  lastAt: integer('last_at').notNull(),
});

export const backends = sqliteTable('backends', {
  no: integer('no').primaryKey(),
  kind: text('kind', { enum: ['folder', 's3', 'webdav'] }).notNull(),
  documentCount: integer('document_count').notNull().default(0),
  documentBytes: integer('document_bytes').notNull().default(0),
});

export const storageProfiles = sqliteTable('storage_profiles', {
  id: text('id').primaryKey(),
  backendNo: integer('backend_no').notNull(),
  name: text('name').notNull(),
  configuration: text('configuration').notNull(),
  credentials: blob('credentials', { mode: 'buffer' }),
  own: integer('own', { mode: 'boolean' }).notNull(),
  lastIndexedAt: integer('last_indexed_at'),
  version: integer('version').notNull(),
  seal: blob('seal', { mode: 'buffer' }).notNull(),
  createdAt: integer('created_at').notNull(),
});

export const connections = sqliteTable('connections', {
  no: integer('no').primaryKey(),
  id: text('id').notNull(),
  userNo: integer('user_no').notNull(),
  backendNo: integer('backend_no').notNull(),
  provider: text('provider', { enum: ['webdav', 's3'] }).notNull(),
  label: text('label').notNull(),
  account: text('account').notNull(),
  configuration: text('configuration').notNull(),
  credentials: blob('credentials', { mode: 'buffer' }).notNull(),
  root: text('root').notNull(),
  ownedRoot: integer('owned_root', { mode: 'boolean' }).notNull(),
  state: text('state', { enum: ['works', 'reauthorise', 'unreachable', 'untested'] }).notNull(),
  lastCheckedAt: integer('last_checked_at'),
  version: integer('version').notNull(),
  seal: blob('seal', { mode: 'buffer' }).notNull(),
  createdAt: integer('created_at').notNull(),
});

export const documents = sqliteTable('documents', {
  no: integer('no').primaryKey(),
  backendNo: integer('backend_no').notNull(),
  userNo: integer('user_no').notNull(),
  key: text('key').notNull(),
  size: integer('size').notNull(),
  etag: text('etag'),
  modifiedAt: integer('modified_at'),
});

export const indexRuns = sqliteTable('index_runs', {
  id: text('id').primaryKey(),
  backendNo: integer('backend_no').notNull(),
  source: text('source').notNull(),
  state: text('state', { enum: ['running', 'done', 'failed', 'cancelled'] }).notNull(),
  cursor: text('cursor'),
  seen: integer('seen').notNull().default(0),
  added: integer('added').notNull().default(0),
  changed: integer('changed').notNull().default(0),
  removed: integer('removed').notNull().default(0),
  foreignCount: integer('foreign_count').notNull().default(0),
  bytes: integer('bytes').notNull().default(0),
  message: text('message'),
  startedAt: integer('started_at').notNull(),
  endedAt: integer('ended_at'),
});

export const plans = sqliteTable('plans', {
  id: text('id').primaryKey(),
  userId: text('user_id').notNull(),
  mail: text('mail'),
  hash: text('hash').notNull(),
  content: text('content').notNull(),
  basis: text('basis').notNull(),
  uploads: text('uploads').notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  entrySequence: integer('entry_sequence').notNull(),
});

export const deletions = sqliteTable('deletions', {
  id: text('id').primaryKey(),
  planId: text('plan_id').notNull(),
  userId: text('user_id').notNull(),
  userNo: integer('user_no'),
  mail: text('mail'),
  externalId: text('external_id'),
  subjectKey: text('subject_key').notNull(),
  subject: text('subject').notNull(),
  stage: text('stage', {
    enum: [
      'closing',
      'clouds',
      'store',
      'verifying',
      'review',
      'revoking',
      'finishing',
      'certifying',
      'done',
      'cancelled',
    ],
  }).notNull(),
  waitingReason: text('waiting_reason', {
    enum: ['offline', 'backend', 'vault', 'reauthorise', 'growth', 'hidden', 'review'],
  }),
  waitingBackend: text('waiting_backend'),
  waitingSince: integer('waiting_since'),
  waitingMessage: text('waiting_message'),
  waitingTries: integer('waiting_tries').notNull().default(0),
  nextTryAt: integer('next_try_at'),
  paused: integer('paused', { mode: 'boolean' }).notNull().default(false),
  whenDown: text('when_down', { enum: ['wait', 'without_unreachable', 'best_effort'] }).notNull(),
  review: integer('review', { mode: 'boolean' }).notNull(),
  reviewFinished: integer('review_finished', { mode: 'boolean' }).notNull().default(false),
  firstRemovalAt: integer('first_removal_at'),
  statusBefore: text('status_before').notNull(),
  orderedBy: text('ordered_by').notNull(),
  revocations: text('revocations').notNull().default('[]'),
  destroyedCopies: text('destroyed_copies').notNull().default('[]'),
  startedAt: integer('started_at').notNull(),
  endedAt: integer('ended_at'),
  certificate: text('certificate'),
  certificateHash: text('certificate_hash'),
});

export const deletionBackends = sqliteTable('deletion_backends', {
  no: integer('no').primaryKey(),
  deletionId: text('deletion_id').notNull(),
  sourceId: text('source_id').notNull(),
  backendNo: integer('backend_no').notNull(),
  position: integer('position').notNull(),
  kind: text('kind', { enum: ['folder', 's3', 'webdav'] }).notNull(),
  label: text('label').notNull(),
  isCloud: integer('is_cloud', { mode: 'boolean' }).notNull(),
  reach: text('reach', { enum: ['owned', 'recorded'] }).notNull(),
  state: text('state', { enum: ['due', 'running', 'verifying', 'waiting', 'done', 'skipped'] }).notNull(),
  finality: text('finality', { enum: ['final', 'trash', 'retained', 'unknown'] }).notNull(),
  note: text('note'),
  problem: text('problem'),
  maySkip: integer('may_skip', { mode: 'boolean' }).notNull().default(false),
  planned: integer('planned').notNull(),
  plannedBytes: integer('planned_bytes').notNull(),
  found: integer('found').notNull().default(0),
  foundBytes: integer('found_bytes').notNull().default(0),
  accepted: integer('accepted').notNull().default(0),
  removed: integer('removed').notNull().default(0),
  removedBytes: integer('removed_bytes').notNull().default(0),
  absent: integer('absent').notNull().default(0),
  kept: integer('kept').notNull().default(0),
  leftovers: integer('leftovers').notNull().default(0),
  unanswered: integer('unanswered').notNull().default(0),
  round: integer('round').notNull().default(0),
  cursor: text('cursor'),
  listAnew: integer('list_anew', { mode: 'boolean' }).notNull().default(false),
  notHiding: text('not_hiding').notNull().default('[]'),
  inventoryDone: integer('inventory_done', { mode: 'boolean' }).notNull().default(false),
  firstRemovalAt: integer('first_removal_at'),
  lastRemovalAt: integer('last_removal_at'),
  verifiedAt: integer('verified_at'),
});

export const deletionItems = sqliteTable('deletion_items', {
  backend: integer('backend').notNull(),
  phase: integer('phase').notNull(),
  key: text('key').notNull(),
  versionId: text('version_id').notNull(),
  kind: text('kind', { enum: ['object', 'version', 'marker', 'upload', 'folder'] }).notNull(),
  size: integer('size').notNull(),
  etag: text('etag'),
  modifiedAt: integer('modified_at'),
  attempts: integer('attempts').notNull().default(0),
  nextTryAt: integer('next_try_at').notNull().default(0),
});

export const deletionEntries = sqliteTable('deletion_entries', {
  deletionId: text('deletion_id').notNull(),
  sequence: integer('sequence').notNull(),
});

export const leftovers = sqliteTable('leftovers', {
  id: text('id').primaryKey(),
  backend: integer('backend').notNull(),
  kind: text('kind', { enum: ['object', 'version', 'marker', 'upload', 'folder'] }).notNull(),
  key: text('key').notNull(),
  versionId: text('version_id').notNull().default(''),
  size: integer('size').notNull().default(0),
  etag: text('etag'),
  modifiedAt: integer('modified_at'),
  reason: text('reason').notNull(),
  retryable: integer('retryable', { mode: 'boolean' }).notNull(),
  retainedUntil: integer('retained_until'),
  createdAt: integer('created_at').notNull(),
  resolvedAt: integer('resolved_at'),
  resolvedAs: text('resolved_as', { enum: ['removed', 'absent'] }),
  addendumId: text('addendum_id'),
});

export const addenda = sqliteTable('addenda', {
  id: text('id').primaryKey(),
  deletionId: text('deletion_id').notNull(),
  certificate: text('certificate').notNull(),
  hash: text('hash').notNull(),
  createdAt: integer('created_at').notNull(),
});

export const tombstones = sqliteTable('tombstones', {
  userId: text('user_id').primaryKey(),
  deletionId: text('deletion_id').notNull(),
  subject: text('subject').notNull(),
  deletedAt: integer('deleted_at').notNull(),
});

export const auditEntries = sqliteTable('audit_entries', {
  sequence: integer('sequence').primaryKey(),
  id: text('id').notNull(),
  time: integer('time').notNull(),
  event: text('event').notNull(),
  actorId: text('actor_id'),
  targetKind: text('target_kind'),
  targetId: text('target_id'),
  outcome: text('outcome').notNull(),
  entry: text('entry').notNull(),
  previousHash: blob('previous_hash', { mode: 'buffer' }).notNull(),
  hash: blob('hash', { mode: 'buffer' }).notNull(),
  sealedTable: text('sealed_table'),
  sealedRow: text('sealed_row'),
});

export const auditFrontier = sqliteTable('audit_frontier', {
  id: integer('id').primaryKey(),
  size: integer('size').notNull(),
  hashes: blob('hashes', { mode: 'buffer' }).notNull(),
});

export const auditCheckpoints = sqliteTable('audit_checkpoints', {
  size: integer('size').primaryKey(),
  note: text('note').notNull(),
  createdAt: integer('created_at').notNull(),
});

export const requests = sqliteTable('requests', {
  name: blob('name', { mode: 'buffer' }).primaryKey(),
  content: blob('content', { mode: 'buffer' }).notNull(),
  doneAt: integer('done_at').notNull(),
});

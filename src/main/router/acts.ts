import type { AuditEvent } from '../audit/index.ts';

/**
 * Every procedure behind sign-in that changes something, with the event under which a refused or failed try of it stands
 * in the log (A3). A procedure that is neither here nor in `reads` fails a test, so nothing is forgotten.
 */
export const acts: Readonly<Record<string, AuditEvent>> = {
  'session.signOut': 'admin.signed_out',
  'session.stepUp': 'admin.stepped_up',
  'session.changePassword': 'admin.password_changed',
  'users.create': 'admin.user_created',
  'users.update': 'admin.user_updated',
  'users.activate': 'admin.user_activated',
  'users.deactivate': 'admin.user_deactivated',
  'quotas.set': 'admin.quota_changed',
  'ai.addProvider': 'admin.ai_catalogue_changed',
  'ai.renameProvider': 'admin.ai_catalogue_changed',
  'ai.removeProvider': 'admin.ai_catalogue_changed',
  'ai.addModel': 'admin.ai_catalogue_changed',
  'ai.renameModel': 'admin.ai_catalogue_changed',
  'ai.removeModel': 'admin.ai_catalogue_changed',
  'ai.assign': 'admin.ai_provider_assigned',
  'ai.unassign': 'admin.ai_provider_unassigned',
  'settings.set': 'admin.settings_changed',
  'storage.add': 'admin.storage_profile_added',
  'storage.update': 'admin.storage_profile_changed',
  'storage.remove': 'admin.storage_profile_removed',
  'storage.check': 'admin.storage_checked',
  'storage.index': 'admin.storage_indexed',
  'storage.cancelIndex': 'admin.storage_indexed',
  'storage.link': 'admin.link_created',
  'connections.add': 'cloud.connection_added',
  'connections.update': 'cloud.connection_changed',
  'connections.test': 'cloud.connection_tested',
  'connections.recordDocuments': 'cloud.documents_recorded',
  'connections.remove': 'cloud.connection_removed',
  'deletions.plan': 'admin.deletion_planned',
  'deletions.start': 'admin.deletion_started',
  'deletions.pause': 'admin.deletion_paused',
  'deletions.resume': 'admin.deletion_resumed',
  'deletions.cancel': 'admin.deletion_cancelled',
  'deletions.retry': 'admin.deletion_retried',
};

/** Procedures behind sign-in that only read. */
export const reads: ReadonlySet<string> = new Set([
  'vault.status',
  'users.list',
  'users.outline',
  'users.show',
  'quotas.show',
  'ai.providers',
  'ai.models',
  'settings.show',
  'storage.list',
  'storage.watchIndex',
  'storage.indexRuns',
  'storage.documents',
  'connections.list',
  'connections.show',
  'deletions.showPlan',
  'deletions.list',
  'deletions.show',
  'deletions.watch',
  'deletions.certificate',
  'deletions.verify',
  'audit.list',
  'audit.verify',
]);

/** The few before sign-in. */
export const beforeSignIn: ReadonlySet<string> = new Set([
  'session.state',
  'session.setUp',
  'session.signIn',
  'session.restore',
  'vault.unlock',
]);

/** What goes through while the first password has not been changed yet. */
export const withFirstPassword: ReadonlySet<string> = new Set([
  'session.signOut',
  'session.changePassword',
  'vault.status',
]);

/** Changes that go through while seals cannot be checked: they touch nothing that a seal covers. */
export const withoutVault: ReadonlySet<string> = new Set(['session.signOut']);

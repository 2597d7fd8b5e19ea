import type { AuditEntry } from '../../../contract/audit.ts';
import { limitText } from '../../../contract/figures.ts';

const WORDS: Readonly<Record<string, string>> = {
  'console.workspace_created': 'Workspace set up',
  'console.checkpoint_key_created': 'Key of the log made',
  'console.seal_broken': 'Broken seal found',
  'console.log_tampered': 'Log found tampered with',
  'console.vault_recipient_added': 'Way to open the vault added',
  'console.vault_unlocked': 'Vault unlocked',
  'console.vault_unlock_refused': 'Vault not unlocked',
  'admin.signed_in': 'Signed in',
  'admin.sign_in_refused': 'Sign-in refused',
  'admin.signed_out': 'Signed out',
  'admin.stepped_up': 'Password given again',
  'admin.password_changed': 'Password changed',
  'admin.audit_verified': 'Log verified',
  'admin.user_created': 'User created',
  'admin.user_updated': 'User changed',
  'admin.user_activated': 'User reactivated',
  'admin.user_deactivated': 'User deactivated',
  'admin.user_deleted': 'User deleted',
  'admin.quota_changed': 'Quota changed',
  'admin.ai_provider_assigned': 'Model assigned',
  'admin.ai_provider_unassigned': 'Model unassigned',
  'admin.ai_catalogue_changed': 'AI catalogue changed',
  'admin.settings_changed': 'Settings changed',
  'admin.storage_profile_added': 'Storage added',
  'admin.storage_profile_changed': 'Storage changed',
  'admin.storage_profile_removed': 'Storage removed',
  'admin.storage_checked': 'Storage checked',
  'admin.storage_indexed': 'Storage indexed',
  'admin.link_created': 'Link made',
  'cloud.connection_added': 'Connection added',
  'cloud.connection_changed': 'Connection changed',
  'cloud.connection_tested': 'Connection tested',
  'cloud.connection_removed': 'Connection removed',
  'cloud.documents_recorded': 'Documents recorded',
  'cloud.documents_forgotten': 'Documents forgotten',
  'cloud.credentials_purged': 'Credentials purged',
  'admin.deletion_planned': 'Deletion planned',
  'admin.deletion_started': 'Deletion started',
  'admin.deletion_paused': 'Deletion paused',
  'admin.deletion_resumed': 'Deletion resumed',
  'admin.deletion_cancelled': 'Deletion called off',
  'admin.deletion_retried': 'Leftovers tried again',
  'deletion.inventory_written': 'Inventory written',
  'deletion.stage_reached': 'Stage reached',
  'deletion.removal_began': 'Removal began',
  'deletion.waiting': 'Deletion waits',
  'deletion.backend_finished': 'Backend finished',
  'deletion.object_left_over': 'Object left over',
  'deletion.certified': 'Certificate issued',
  'deletion.addendum_certified': 'Addendum issued',
};

/** What `deletion.stage_reached` names: the stages of the machine, in words. */
const STAGES: Readonly<Record<string, string>> = {
  closing: 'Account closed; inventory',
  clouds: 'Clouds',
  store: 'Store',
  verifying: 'Verifying',
  review: 'Review',
  revoking: 'Credentials',
  finishing: 'Last steps',
  certifying: 'Certificate',
  done: 'Done',
  cancelled: 'Called off',
};

/** The event types that this page has words for, in the order of the list. */
export const knownEvents = Object.keys(WORDS);

export function eventWord(event: string): string {
  return WORDS[event] ?? event;
}

/** The event in a list: of a stage also which, since there are many of them. */
export function briefWords({ event, metadata }: Pick<AuditEntry, 'event' | 'metadata'>): string {
  return event === 'deletion.stage_reached' ? `${eventWord(event)}${detail(event, metadata)}` : eventWord(event);
}

/** One line about an entry, from what its metadata tells; the metadata itself stands in its detail. */
export function entryWords({ event, metadata, outcome }: Pick<AuditEntry, 'event' | 'metadata' | 'outcome'>): string {
  const said = `${eventWord(event)}${detail(event, metadata)}`;
  if (outcome === 'done') return said;
  const code = text(metadata.code);
  return `${said}: ${outcome}${code ? `, ${code}` : ''}`;
}

function detail(event: string, metadata: AuditEntry['metadata']): string {
  switch (event) {
    case 'admin.quota_changed': {
      const [from, to] = [sizeOf(metadata.fromBytes), sizeOf(metadata.toBytes)];
      return from && to ? `: ${from} to ${to}` : '';
    }
    case 'admin.ai_provider_assigned':
      return after(metadata.model);
    case 'admin.user_updated':
    case 'cloud.connection_changed':
      return Array.isArray(metadata.changed) ? `: ${metadata.changed.join(', ')}` : '';
    case 'cloud.connection_added':
    case 'cloud.connection_removed':
      return after(metadata.provider);
    case 'cloud.connection_tested':
      return after(metadata.state);
    case 'deletion.stage_reached': {
      const stage = text(metadata.stage);
      return after(stage && (STAGES[stage] ?? stage));
    }
    case 'deletion.waiting':
      return after(metadata.message);
    case 'admin.audit_verified':
      return after(metadata.verdict);
    default:
      return '';
  }
}

function after(value: unknown): string {
  const word = text(value);
  return word ? `: ${word}` : '';
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Sizes are texts in the log, so that no reader of JSON rounds them; `unlimited` is one of them. */
function sizeOf(value: unknown): string | null {
  if (value === 'unlimited' || value === null) return 'no limit';
  const bytes = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof bytes === 'number' && Number.isSafeInteger(bytes) ? limitText(bytes) : null;
}

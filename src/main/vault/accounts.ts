/** Names of the keychain's items: all under the id of the workspace, so that two workspaces never share one. */
export function rootAccount(workspaceId: string, generation: number): string {
  return `${workspaceId}/root/${generation}`;
}

export function ownSecretAccount(workspaceId: string, name: string): string {
  return `${workspaceId}/own/${name}`;
}

/** The last known head of the audit log. */
export function anchorAccount(workspaceId: string): string {
  return `${workspaceId}/anchor`;
}

import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the workspace lies unless somebody says otherwise; the same for every host. It is the desktop app's own folder
 * (Electron's `userData`: https://www.electronjs.org/docs/latest/api/app#appgetpathname), so that `qm` finds what the
 * app has made.
 */
export function defaultWorkspaceDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  return join(appData(env, platform), 'quartermaster', 'workspace');
}

function appData(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (platform === 'win32') return env.APPDATA || join(homedir(), 'AppData', 'Roaming');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  return env.XDG_CONFIG_HOME || join(homedir(), '.config');
}

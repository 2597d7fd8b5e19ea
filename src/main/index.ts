import { app, type BrowserWindow, dialog, session } from 'electron';
import { bundleFolder, openBundle } from './hosts/bundle.ts';
import { defaultWorkspaceDir } from './hosts/default-workspace.ts';
import { setMenu } from './hosts/desktop/menu.ts';
import { acceptPorts } from './hosts/desktop/port.ts';
import { declareScheme, serveBundle } from './hosts/desktop/protocol.ts';
import { relay } from './hosts/desktop/relay.ts';
import { type ConsoleThread, startConsoleThread } from './hosts/desktop/thread.ts';
import { lockDown, openWindow } from './hosts/desktop/window.ts';

app.enableSandbox();
declareScheme();
// One instance: the second one shows the first one's window and ends.
if (app.requestSingleInstanceLock()) run();
else app.quit();

function run(): void {
  let console: ConsoleThread | undefined;
  let window: BrowserWindow | undefined;

  const show = () => {
    if (!console) return; // Not ready yet; the window comes by itself.
    if (window) {
      if (window.isMinimized()) window.restore();
      window.focus();
      return;
    }
    const thread = console;
    window = openWindow();
    acceptPorts(window.webContents, (port) => relay(port, thread.connect()));
    window.once('closed', () => {
      window = undefined;
    });
  };

  app.on('second-instance', show);
  app.on('activate', show);
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('will-quit', (event) => {
    if (!console) return;
    // The workspace is closed in peace; only then does the app end.
    event.preventDefault();
    const thread = console;
    console = undefined;
    void thread.close().then(() => app.quit());
  });

  void app.whenReady().then(() => {
    lockDown(session.defaultSession);
    serveBundle(session.defaultSession, openBundle(bundleFolder()));
    setMenu();
    console = startConsoleThread({ workspaceDir: process.env.QM_WORKSPACE || defaultWorkspaceDir(process.env) });
    void console.failed.then((sentence) => {
      dialog.showErrorBox('Quartermaster cannot go on', sentence);
      app.exit(1);
    });
    show();
  });
}

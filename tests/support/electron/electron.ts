/**
 * A double of Electron's main process over a real Chromium (stack.md, section 11): what the app asks of Electron happens to a
 * real page, and what the page does is put to the handlers that the app registered. What is not exported here the app does
 * not use; using it fails, and has to be doubled first.
 */
export { app } from './app.ts';
export { dialog, Menu, nativeTheme } from './desktop-parts.ts';
export { protocol, session } from './session.ts';
export { BrowserWindow } from './window.ts';

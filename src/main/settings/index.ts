export { openSettings, readSettings, type Settings, SETTINGS_ROW, type SettingsContent, writeFirstSettings } from './settings.ts';

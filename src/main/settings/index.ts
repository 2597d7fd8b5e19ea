export {
  openSettings,
  readSettings,
  SETTINGS_ROW,
  type Settings,
  type SettingsContent,
  writeFirstSettings,
} from './settings.ts';

export {
  openSettings,
  readSettings,
  SETTINGS_ROW,
  type Settings,
  type SettingsContent,
} from './settings.ts';

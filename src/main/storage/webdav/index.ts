export { openWebDav, type WebDavOptions } from './backend.ts';
export { defaultLimits, type WebDavLimits } from './limits.ts';

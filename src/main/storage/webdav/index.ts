export { openWebDav, type WebDavOptions } from './backend.ts';
export { bareETag } from './identity.ts';
export { flawOfKey } from './key-path.ts';
export { defaultLimits, type WebDavLimits } from './limits.ts';

export { changeUser } from './change.ts';
export { findUser, idOfUser } from './find.ts';
export { toUser, type UserAnswer, type UserRow } from './row.ts';
export { openUsers, type Users } from './users.ts';

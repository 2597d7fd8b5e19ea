export { changeUser } from './change.ts';
export { findUser, idOfUser } from './find.ts';
export { userReads } from './reads.ts';
export { toUser, type UserAnswer, type UserRow } from './row.ts';
export { type NewUser, openUsers, type UserChange, type Users } from './users.ts';

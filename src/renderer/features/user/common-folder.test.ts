import { expect, test } from 'vitest';
import { commonFolder } from './common-folder.ts';

test.each([
  [[], ''],
  [['users/a/x'], ''],
  [['users/a/x', 'users/a/y'], 'users/a/'],
  [['users/a/x', 'users/a/b/y'], 'users/a/'],
  [['users/a/x', 'users/ab/y'], 'users/'],
  [['a', 'b'], ''],
  [['/a', '/b'], '/'],
  [['users/a//x', 'users/a//y'], 'users/a//'],
  [['users/a/', 'users/a/x'], ''],
  [['x/1', 'y/1'], ''],
])('S8: what %j share is %j, and nothing of a key is lost', (keys, folder) => {
  expect(commonFolder(keys)).toBe(folder);
  for (const key of keys) expect(key.startsWith(folder)).toBe(true);
});

import { describe, expect, test } from 'vitest';
import { isOwnPage } from './origin.ts';

describe('which addresses are the page’s own', () => {
  test.each([
    'app://console/',
    'app://console/assets/index.js',
    'app://console/#/users',
    'app://console/?x=1',
    'app://console',
  ])('%s is', (address) => {
    expect(isOwnPage(address)).toBe(true);
  });

  test.each([
    'app://console.evil.example/',
    'app://console@evil.example/',
    'app://evil@console/',
    'app://console:secret@console/',
    'app://console:8080/',
    'app://evil/console',
    'app:console',
    'app:///console/',
    'APP-X://console/',
    'application://console/',
    'https://console/',
    'https://evil.example/app://console/',
    'https://evil.example/#app://console/',
    'http://127.0.0.1/',
    'file:///app://console/',
    'file:///etc/passwd',
    'blob:app://console/9d1f',
    'data:text/html,app://console/',
    'javascript:location="app://console/"',
    'about:blank',
    'devtools://devtools/bundled/inspector.html',
    'ws://console/',
    '//console/',
    '',
    'no address',
  ])('%j is not', (address) => {
    expect(isOwnPage(address)).toBe(false);
  });
});

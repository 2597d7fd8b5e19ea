import { ORPCError } from '@orpc/client';
import { describe, expect, test } from 'vitest';
import { LineLost, TimeLimitExceeded } from '../app/console-line.ts';
import { numberIn, problemOf, textIn } from './problem.ts';

describe('problems as people read them', () => {
  test('a refusal keeps its sentence and its code', () => {
    const error = new ORPCError('MAIL_TAKEN', { message: 'Another user has this mail address.' });
    expect(problemOf(error)).toEqual({
      code: 'MAIL_TAKEN',
      message: 'Another user has this mail address.',
      fields: {},
    });
  });

  test('bad input says it beside the field', () => {
    const error = new ORPCError('BAD_REQUEST', {
      message: 'mail: is not a mail address.',
      data: {
        issues: [
          { path: 'mail', message: 'is not a mail address' },
          { path: ['name'], message: 'must not be empty' },
          { path: 'mail', message: 'second' },
        ],
      },
    });
    expect(problemOf(error).fields).toEqual({ mail: 'This is not a mail address.', name: 'This must not be empty.' });
  });

  test.each([{ data: null }, { data: { issues: 'x' } }, { data: { issues: [null, 7, { path: 3, message: 'x' }] } }])(
    'bad input with odd data is still a problem: %j',
    ({ data }) => {
      expect(problemOf(new ORPCError('BAD_REQUEST', { message: 'x', data })).fields).toEqual({});
    },
  );

  test('a cut line and a time limit say that the outcome is not known', () => {
    expect(problemOf(new LineLost())).toMatchObject({
      code: 'LINE_LOST',
      message: expect.stringContaining('not known'),
    });
    expect(problemOf(new TimeLimitExceeded(30_000)).message).toContain('30 s');
  });

  test('anything else shows nothing of itself', () => {
    expect(problemOf(new Error('SELECT secret FROM users')).message).not.toContain('SELECT');
  });

  test('data of errors is taken only as what it is', () => {
    const error = new ORPCError('DELETION_EXISTS', { data: { deletionId: 'x', count: 3 } });
    expect(textIn(error, 'deletionId')).toBe('x');
    expect(textIn(error, 'count')).toBeNull();
    expect(numberIn(error, 'count')).toBe(3);
    expect(textIn(new Error('x'), 'deletionId')).toBeNull();
  });
});

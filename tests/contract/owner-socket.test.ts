import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reception } from '../../src/main/hosts/owner/reception.ts';
import { everyProcedureHolds } from '../support/contract-suite.ts';
import { type Guest, receiveAt, visit } from '../support/owner-socket.ts';
import { openSetUpConsole, ROOT, type TestConsole } from '../support/test-console.ts';

let opened: TestConsole;
let reception: Reception;
const guests: Guest[] = [];

beforeAll(async () => {
  opened = await openSetUpConsole({ motor: false });
  reception = await receiveAt(opened);
});
afterAll(async () => {
  for (const guest of guests) guest.close();
  reception?.close();
  await opened?.dispose();
});

async function guest(origin?: Parameters<typeof visit>[1]): Promise<Guest> {
  const one = await visit(opened.dir, origin);
  guests.push(one);
  return one;
}
async function administrator(origin?: Parameters<typeof visit>[1]): Promise<Guest> {
  const one = await guest(origin);
  await one.client.session.signIn({ mail: ROOT.mail, password: ROOT.password });
  return one;
}

describe('R6: the contract through the owner’s socket', () => {
  test('A3: acts name the guest’s host, account and address, on the owner’s machine', async () => {
    for (const origin of [
      { machine: 'test', osAccount: 'somebody', networkAddress: '127.0.0.1', host: 'serve' },
      { machine: 'test', osAccount: 'else', networkAddress: null, host: 'desktop' },
    ] as const) {
      const { client } = await administrator(origin);
      const { rows } = await client.audit.list({ limit: 1 });
      expect(rows[0]).toMatchObject({ event: 'admin.signed_in', origin });
    }
  });

  test('X1: a session belongs to the line on which it began', async () => {
    await administrator();
    const { client } = await guest();
    expect((await client.session.state({})).signedIn).toBeNull();
  });

  test('a call that is sent again on another line under its id is answered as the first', async () => {
    const [first, second] = [await administrator(), await administrator()];
    const input = { mail: 'twice@example.org', name: 'Twice', role: 'user', firstPassword: 'a first password' };
    const requestId = randomUUID();
    const path = ['users', 'create'];
    const answer = await first.caller.call(path, input, { requestId });
    first.close();
    expect(await second.caller.call(path, input, { requestId })).toEqual(answer);
    await expect(second.caller.call(path, input, {})).rejects.toMatchObject({ code: 'MAIL_TAKEN' });
  });

  test('a guest that goes away in the middle of a watch ends that watch, and no other', async () => {
    const [gone, stays] = [await administrator(), await administrator()];
    const { user } = await stays.client.users.create({
      mail: 'leaver@example.org',
      name: 'Leaver',
      role: 'user',
      firstPassword: 'a first password',
    });
    const { plan } = await stays.client.deletions.plan({ user: user.id });
    await stays.client.session.stepUp({ password: ROOT.password });
    const { deletion } = await stays.client.deletions.start({ planId: plan.id, confirm: user.mail });
    const watch = async ({ client }: Guest) =>
      (await client.deletions.watch({ deletionId: deletion.id }))[Symbol.asyncIterator]();
    const [one, other] = [await watch(gone), await watch(stays)];
    for (const events of [one, other]) expect((await events.next()).value).toMatchObject({ state: 'closing' });
    const next = one.next();
    gone.close();
    await expect(next).rejects.toThrow();
    await stays.client.deletions.pause({ deletionId: deletion.id });
    expect((await other.next()).value).toMatchObject({ state: 'paused' });
  });

  describe('for', () => {
    let signedIn: Guest;
    let stranger: Guest;
    beforeAll(async () => {
      [signedIn, stranger] = [await administrator(), await guest()];
    });
    everyProcedureHolds({ stranger: async () => stranger.client, administrator: async () => signedIn.client });
  });
});

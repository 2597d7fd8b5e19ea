import type { Page } from 'playwright-core';

// The first window as a person goes through it, by what stands on the screens: the same on every host.

export interface NewWorkspace {
  readonly name: string;
  readonly passphrase: string;
  readonly mail: string;
  readonly password: string;
}

/** From the first start to the users list. Answers the fingerprint that was shown. */
export async function setUp(page: Page, { name, passphrase, mail, password }: NewWorkspace): Promise<string> {
  await page.getByLabel('Name of the platform').fill(name);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('radio', { name: /^Passphrase/ }).check();
  await page.getByLabel('Passphrase', { exact: true }).and(page.locator('input:not([type=radio])')).fill(passphrase);
  await page.getByLabel('Passphrase again').fill(passphrase);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Root');
  await page.getByLabel('Mail').fill(mail);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByLabel('Password again').fill(password);
  await page.getByRole('button', { name: 'Set up workspace' }).click();
  await page.getByRole('heading', { name: 'Keep this fingerprint outside of this machine' }).waitFor();
  const fingerprint = (await page.locator('form code').textContent()) ?? '';
  await page.getByLabel('I have put the fingerprint in a safe place').check();
  await page.getByRole('button', { name: 'Open the console' }).click();
  await usersAreListed(page);
  return fingerprint;
}

export async function unlock(page: Page, passphrase: string): Promise<void> {
  await page.getByRole('heading', { name: 'Unlock the vault' }).waitFor();
  await page.getByLabel('Passphrase', { exact: true }).fill(passphrase);
  await page.getByRole('button', { name: 'Unlock vault' }).click();
}

export async function signIn(page: Page, { mail, password }: { mail: string; password: string }): Promise<void> {
  await page.getByLabel('Mail').fill(mail);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await usersAreListed(page);
}

export async function usersAreListed(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Users' }).first().click();
  await page.getByRole('grid', { name: 'Users' }).getByRole('row').nth(1).waitFor();
}

/** Searches for a user, plans the deletion, confirms it, and follows it to its certificate. */
export async function deleteUser(page: Page, { mail, password }: { mail: string; password: string }): Promise<void> {
  await usersAreListed(page);
  const grid = page.getByRole('grid', { name: 'Users' });
  await page.getByLabel('Search name, mail or external id').fill(mail);
  const row = grid.getByRole('row').filter({ hasText: mail });
  await row.waitFor();
  await row.getByRole('link').first().click();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('heading', { name: 'Frozen plan' }).waitFor();
  await page.getByLabel(`Type ${mail}`).fill(mail);
  await page.getByLabel('Your password').fill(password);
  await page.getByRole('button', { name: /^Delete .* for good$/ }).click();
  await page.getByRole('heading', { name: 'Stages' }).waitFor();
  await page.getByRole('heading', { name: 'Certificate' }).waitFor({ timeout: 60_000 });
}

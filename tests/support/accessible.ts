/** Finds things the way a screen reader does: by role and accessible name. */
import type { ElementHandle, Page } from 'puppeteer';
import { until } from './wait.ts';

export type Role =
  | 'button'
  | 'textbox'
  | 'searchbox'
  | 'combobox'
  | 'list'
  | 'listitem'
  | 'status'
  | 'checkbox'
  | 'switch'
  | 'radio'
  | 'link'
  | 'progressbar'
  | 'slider'
  | 'region'
  | 'navigation'
  | 'dialog'
  | 'alert';

export function byName(role: Role, name: string): string {
  return `::-p-aria([name="${name}"][role="${role}"])`;
}

export async function find(page: Page, role: Role, name: string): Promise<ElementHandle<Element>> {
  return await until(`${role} "${name}" on ${new URL(page.url()).pathname}`, () =>
    page.$(byName(role, name)),
  );
}

/** A real mouse click at the element's place. */
export async function press(page: Page, role: Role, name: string): Promise<void> {
  await page.locator(byName(role, name)).click();
}

/** Replaces what a text box holds, by keys. */
export async function type(page: Page, name: string, text: string): Promise<void> {
  const box = await until(`text box "${name}"`, async () => {
    return (await page.$(byName('textbox', name))) ?? (await page.$(byName('combobox', name)));
  });
  await box.click({ count: 3 });
  await box.type(text);
}

/** The text of an element once it has one. */
export async function textOf(page: Page, role: Role, name: string): Promise<string> {
  return await until(`a text in ${role} "${name}"`, async () => {
    const element = await page.$(byName(role, name));
    const text = await element?.evaluate((node) => node.textContent?.trim() ?? '');
    return text !== undefined && text !== '' && text;
  });
}

/** Everything a person can read on the page. */
export async function readable(page: Page): Promise<string> {
  return await page.evaluate(() => document.body.innerText);
}

/** Items of the list "Transfers", as a person finds them: by what they are of. */
import type { ElementHandle, Page } from 'puppeteer';
import { byName, find } from './accessible.ts';
import { until } from './wait.ts';

/** The item whose text has this, once there is one; the newest where there are several. */
export async function transferRow(page: Page, title: string): Promise<ElementHandle<Element>> {
  return await until(`a transfer of "${title}"`, async () => {
    const list = await find(page, 'list', 'Transfers');
    for (const item of await list.$$(':scope > li')) {
      const text = await item.evaluate((node) => node.textContent);
      if (text.includes(title)) return item;
    }
    return undefined;
  });
}

/** Waits for the item to say this. */
export async function untilRowSays(page: Page, title: string, words: string): Promise<void> {
  let last = '';
  await until(
    `"${words}" in the transfer of "${title}"`,
    async () => {
      const row = await transferRow(page, title);
      last = await row.evaluate((node) => (node as HTMLElement).innerText);
      return last.includes(words);
    },
    { timeoutMs: 60_000, describe: () => last },
  );
}

/** A click on a button of the item, once it is there. */
export async function pressInRow(page: Page, title: string, name: string): Promise<void> {
  await until(`a button "${name}" in the transfer of "${title}"`, async () => {
    const row = await transferRow(page, title);
    const button = await row.$(byName('button', name));
    // It may go between being found and being clicked: then the next look decides.
    return (
      (await button?.click().then(
        () => true,
        () => false,
      )) ?? false
    );
  });
}

export async function rowHas(page: Page, title: string, name: string): Promise<boolean> {
  const row = await transferRow(page, title);
  return (await row.$(byName('button', name))) !== null;
}

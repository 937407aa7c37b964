/** The extension's page for files, used as a person does: choose, press Send, close. */
import type { ElementHandle, Page } from 'puppeteer';
import { press, readable } from './accessible.ts';
import type { ExtensionBrowser } from './browser.ts';
import { until } from './wait.ts';

/** The file input whose label carries the device's name. */
export async function filePicker(
  page: Page,
  deviceName: string,
): Promise<ElementHandle<HTMLInputElement>> {
  return await until(`a file input labelled with ${deviceName}`, async () => {
    for (const input of await page.$$('input')) {
      const label = await input.evaluate((node) =>
        node.type === 'file' ? (node.labels?.[0]?.textContent ?? '') : '',
      );
      if (label.includes(deviceName)) return input;
    }
    return undefined;
  });
}

export async function untilHandedOver(page: Page): Promise<void> {
  await until('the page to say that it may be closed', async () =>
    (await readable(page)).includes('You can close this page now'),
  );
}

/** Sends files and closes the page once it says that it may. Gives the time of the click on Send. */
export async function sendFiles(
  owner: ExtensionBrowser,
  device: { readonly deviceId: string; readonly name: string },
  paths: readonly string[],
): Promise<number> {
  const page = await owner.open(`send.html?device=${device.deviceId}`);
  const picker = await filePicker(page, device.name);
  await picker.uploadFile(...paths);
  const clickedAt = Date.now();
  await press(page, 'button', 'Send');
  await untilHandedOver(page);
  await page.close();
  return clickedAt;
}

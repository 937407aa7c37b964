/** What a device learns of the other one's network: every description and candidate it is given. */
import type { ExtensionBrowser } from '../browser.ts';
import { intend } from '../snapshot.ts';
import { until } from '../wait.ts';

interface World {
  heard?: string[];
}

/**
 * Notes, in the document that holds the connections, what comes in from the peer once it is out of
 * its envelope. Until that document is closed.
 */
export async function startHearing(browser: ExtensionBrowser): Promise<void> {
  await intend(browser, { type: 'offscreen/ensure' });
  const page = await offscreenPage(browser);
  await page.evaluate(() => {
    const heard: string[] = [];
    (globalThis as World).heard = heard;
    // Both also have forms with callbacks, which nobody uses: the types name those last.
    type Taking<T> = (this: RTCPeerConnection, value?: T) => Promise<void>;
    const prototype = RTCPeerConnection.prototype as {
      addIceCandidate: Taking<RTCIceCandidateInit | null>;
      setRemoteDescription: Taking<RTCSessionDescriptionInit>;
    };
    const { addIceCandidate, setRemoteDescription } = prototype;
    prototype.addIceCandidate = function (candidate) {
      heard.push(candidate?.candidate ?? '');
      return addIceCandidate.call(this, candidate);
    };
    prototype.setRemoteDescription = function (description) {
      heard.push(description?.sdp ?? '');
      return setRemoteDescription.call(this, description);
    };
  });
}

/** Candidates and descriptions so far, each with its whole text. */
export async function heard(browser: ExtensionBrowser): Promise<string[]> {
  const page = await offscreenPage(browser);
  return await page.evaluate(() => (globalThis as World).heard ?? []);
}

async function offscreenPage(browser: ExtensionBrowser) {
  const target = await until(`${browser.name}: the offscreen document`, () =>
    browser.offscreenTarget(),
  );
  return await target.asPage();
}

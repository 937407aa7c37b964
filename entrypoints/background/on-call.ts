import { fromBase64 } from '../../lib/crypto/bytes.ts';
import type { BackgroundAnswers, BackgroundCall } from '../../lib/messaging/background-calls.ts';
import type { App } from './app.ts';
import { tabOf } from './shares.ts';

type Answer<T extends BackgroundCall['type']> = BackgroundAnswers[T];

/** Messages of the offscreen document. Those of `RepeatableCall` may come twice: `tellBackground` asks again. */
export async function onCall(
  app: App,
  call: BackgroundCall,
): Promise<Answer<BackgroundCall['type']>> {
  if (call.type !== 'idle' && call.type !== 'state') app.offscreen.active();
  switch (call.type) {
    case 'ready':
      app.offscreen.ready();
      return {
        deviceName: app.deviceName,
        presence: app.connection.presence,
        reach: app.reach.greet(),
      };
    case 'state':
      await app.onState(call.state);
      return {};
    case 'signal/send': {
      const { event, roomId, target, data } = call;
      await app.connection.send(event, { roomId, target, data });
      return {};
    }
    case 'nameplate/create': {
      const created = await app.connection.createNameplate(fromBase64(call.nonceC));
      return { nameplate: created.nameplate, expiresInMs: created.expiresInMs };
    }
    case 'nameplate/join': {
      const { nonceC } = await app.connection.joinNameplate(call.nameplate);
      return { nonceC };
    }
    case 'nameplate/end':
      await app.connection.endNameplate(call.nameplate);
      return {};
    case 'nameplate/release':
      await app.connection.releaseNameplate(call.nameplate);
      return {};
    case 'device/paired':
      app.log('Session', 'Paired', { device: call.deviceId, state: call.state });
      await app.devices.paired(call);
      return {};
    case 'device/confirmed':
      app.log('Session', 'Pairing confirmed', { device: call.deviceId });
      await app.devices.confirm(call.deviceId);
      return {};
    case 'device/dropped':
      app.log('Session', 'Device removed', { device: call.deviceId, what: call.what });
      await app.devices.drop(call.deviceId, call.what);
      return {};
    case 'device/sending':
      return { stripMetadata: app.devices.stripsMetadata(call.deviceId) };
    case 'offer':
      return offerAnswer(
        await app.offers.onOffer(call),
        await app.alreadyHere.of(call.transferId, call.known),
      );
    case 'save':
      await app.saves.save(call);
      return {};
    case 'text':
      await app.transfers.received(call);
      return {};
    case 'tell':
      await app.transfers.tell(call.transferId, call.deviceId, call.code);
      return {};
    case 'share/pointer': {
      const tabId = tabOf(call.sourceId);
      // Nothing can be drawn over another program's window.
      if (tabId !== undefined) await app.lasers.show(tabId, call.shareId, call.at);
      return {};
    }
    case 'signaling/probe':
      await app.connection.probe();
      return {};
    case 'nat':
      app.reach.natFound(call.nat);
      return {};
    case 'log':
      app.debugLog.receive(call.entries);
      return {};
    case 'idle':
      await app.offscreen.idle();
      return {};
  }
}

function offerAnswer(
  decision: 'accept' | 'ask',
  alreadyHere: readonly number[],
): BackgroundAnswers['offer'] {
  return alreadyHere.length > 0 ? { decision, alreadyHere } : { decision };
}

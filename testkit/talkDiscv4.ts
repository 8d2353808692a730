import { systemSockets } from '../p2p/net/systemSockets.ts';
import type { Discv4Outcome, Discv4Output } from '../p2p/protocol/discv4Types.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { maxReadPacketBytes } from '../p2p/wire/discv4.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';
import {
  applyCall,
  type Discv4Transcript,
  sentOf,
  type TranscriptCall,
  transcriptContact,
  transcriptNode,
} from './discv4Transcript.ts';

/** Bonds with a live node and asks it for its record and its neighbours; resolves with the whole conversation. `now`: our clock. */
export async function talkDiscv4(
  curve: Curve,
  given: Pick<Discv4Transcript, 'peer' | 'privateKey' | 'own' | 'contact'>,
  now: () => number = Date.now,
): Promise<{ readonly transcript: Discv4Transcript; readonly outcomes: readonly Discv4Outcome[] }> {
  const node = transcriptNode(curve, given);
  const contact = transcriptContact(given);
  const calls: TranscriptCall[] = [];
  const sent: string[] = [];
  const outcomes: Discv4Outcome[] = [];
  let heard: (() => void) | null = null;
  const act = (call: TranscriptCall): void => {
    calls.push(call);
    const outputs: readonly Discv4Output[] = applyCall(node, contact, call);
    sent.push(...sentOf(outputs));
    for (const output of outputs) {
      if ('send' in output) socket.send(output.send.bytes, output.send.to);
      else if (output.event === 'answered') outcomes.push(output.outcome);
    }
    heard?.();
  };
  const socket = await systemSockets.bindUdp({
    ...given.own,
    maxBytes: maxReadPacketBytes,
    receive: (bytes, from) => act({ call: 'receive', at: now(), ...from, hex: bytesToHex(bytes) }),
  });
  try {
    for (const kind of ['ping', 'enr', 'findnode'] as const) {
      const before = outcomes.length;
      act({ call: 'request', at: now(), kind });
      while (outcomes.length === before) {
        const wait = Math.max(1, (node.nextDeadline() ?? now() + 100) - now());
        const woken = await Promise.race([
          new Promise<'due'>((resolve) => setTimeout(() => resolve('due'), wait)),
          new Promise<'heard'>((resolve) => {
            heard = () => resolve('heard');
          }),
        ]);
        if (woken === 'due') act({ call: 'tick', at: now() });
      }
    }
  } finally {
    await socket.close();
  }
  return { transcript: { ...given, calls, sent }, outcomes };
}

import type { Network } from '../../chains/networks/networkFile.ts';
import { parseIp } from '../../lib/ipAddress.ts';
import { toSeconds } from '../../lib/time.ts';
import { type Enr, ethEntry, signEnr } from '../../p2p/wire/enr.ts';
import { type ForkId, forkIdAt } from '../../p2p/wire/forkId.ts';
import type { RlpInput } from '../../p2p/wire/rlp.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { Identity } from './identityFile.ts';

/** The content of one of our records. */
export interface OwnRecord {
  readonly ip4: string | null;
  readonly ip6: string | null;
  readonly udp: number;
  /** null while we do not listen. */
  readonly tcp: number | null;
  readonly eth: ForkId | null;
}

/** The same text for the same content; if it changes, the record gets the next sequence number. */
export function recordContent(record: OwnRecord): string {
  const eth = record.eth === null ? '' : `${Buffer.from(record.eth.hash).toString('hex')}/${record.eth.next}`;
  return [record.ip4, record.ip6, record.udp, record.tcp, eth].map((part) => part ?? '').join(' ');
}

export function signOwnRecord(curve: Curve, identity: Identity, record: OwnRecord): Enr {
  const ip4 = record.ip4 === null ? null : parseIp(record.ip4);
  const ip6 = record.ip6 === null ? null : parseIp(record.ip6);
  const pairs: Record<string, RlpInput | undefined> = {
    ip: ip4 ?? undefined,
    ip6: ip6 ?? undefined,
    udp: record.udp,
    udp6: ip6 === null ? undefined : record.udp,
    tcp: record.tcp ?? undefined,
    tcp6: ip6 === null ? undefined : (record.tcp ?? undefined),
    eth: record.eth === null ? undefined : ethEntry(record.eth),
  };
  return signEnr(curve, identity.privateKey, { seq: identity.enrSeq, pairs });
}

/** What a synced node of the network announces at `now` (ms): geth dials only records with its own fork. */
export function presentForkId(network: Network, now: number): ForkId {
  const block = 0xffff_ffff_ffff_ffffn;
  return forkIdAt(network.schedule, { block, time: toSeconds(now) });
}

import type { SocketAddress } from '../ports.ts';
import type { Enr } from '../wire/enr.ts';
import type { NodeEndpoint } from '../wire/nodeEndpoint.ts';
import type { Curve } from '../wire/secp256k1.ts';
import type { Discv4Limits } from './discv4Types.ts';
import type { EndpointProofs } from './endpointProof.ts';
import type { KademliaTable } from './kademliaTable.ts';
import type { KeyCheck } from './keyCheck.ts';
import type { PeerClocks } from './peerClocks.ts';
import type { RequestSigner } from './requestSigner.ts';
import type { StrangerCredit } from './strangerCredit.ts';

/** Which addresses may be contacted at all, and which may be named to which peer. */
export interface AddressPolicy {
  /** Whether packets may be sent to this address, and accepted from it. */
  allows(ip: string): boolean;
  /** Whether `source` may name `ip` to us, and we to `source`. */
  allowsRelay(source: string, ip: string): boolean;
}

/** Limits what is sent to one address; one for all identities of a process. Times in ms. */
export interface SendBudget {
  /** Reserves one packet and returns 0, or reserves none and returns the ms until one will be allowed. */
  delay(to: SocketAddress, now: number): number;
  /** Counts a packet that is sent regardless of the limit. */
  charge(to: SocketAddress, now: number): void;
}

/** What the client and the responder of one identity share. */
export interface Discv4Context {
  readonly curve: Curve;
  /** Our public key. */
  readonly id: Uint8Array;
  readonly ownKey: string;
  readonly limits: Discv4Limits;
  readonly addressPolicy: AddressPolicy;
  readonly proofs: EndpointProofs;
  readonly clocks: PeerClocks;
  readonly table: KademliaTable;
  readonly keys: KeyCheck;
  readonly budget: SendBudget;
  readonly signer: RequestSigner;
  readonly strangers: StrangerCredit;
  /** Our current record, and the endpoint that it names. */
  self(): { readonly enr: Enr; readonly endpoint: NodeEndpoint };
}

import type { PacketEndpoint } from '../wire/discv4.ts';
import type { Enr } from '../wire/enr.ts';
import type { UdpAddress } from '../wire/nodeEndpoint.ts';
import type { Curve } from '../wire/secp256k1.ts';
import type { Discv4Limits } from './discv4Types.ts';
import type { EndpointProofs } from './endpointProof.ts';
import type { KademliaTable } from './kademliaTable.ts';
import type { KeyCheck } from './keyCheck.ts';
import type { RequestSigner } from './requestSigner.ts';
import type { StrangerCredit } from './strangerCredit.ts';

/** Which addresses may be contacted at all, and which of them may be named to whom. */
export interface AddressPolicy {
  /** Whether a packet may go to this address, or be heeded from it. */
  allows(ip: string): boolean;
  /** Whether `source` may name `ip` to us, or be told it by us. */
  allowsRelay(source: string, ip: string): boolean;
}

/** What may be sent to one address; one for all identities of a process. Times in ms. */
export interface SendBudget {
  /** Takes a place for one packet and returns 0, or takes none and returns the ms until there will be one. */
  delay(to: UdpAddress, now: number): number;
  /** Counts a packet that is sent in any case. */
  charge(to: UdpAddress, now: number): void;
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
  readonly table: KademliaTable;
  readonly keys: KeyCheck;
  readonly budget: SendBudget;
  readonly signer: RequestSigner;
  readonly strangers: StrangerCredit;
  /** Our record as it is now, and the endpoint that it names. */
  self(): { readonly enr: Enr; readonly endpoint: PacketEndpoint };
}

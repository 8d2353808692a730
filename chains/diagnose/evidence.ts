/**
 * What was seen of a node, stage by stage, each in plain values: hashes and keys in lower-case hex without 0x, times in ms.
 * `skipped` = a stage before it did not get so far, or what it needs is missing.
 */
export interface Evidence {
  readonly url: UrlEvidence;
  readonly dns: DnsEvidence;
  readonly discv4: Discv4Evidence;
  readonly discv5: Discv5Evidence;
  readonly enr: EnrEvidence;
  readonly tcp: TcpEvidence;
  readonly rlpx: RlpxEvidence;
  readonly hello: HelloEvidence;
  readonly status: StatusEvidence;
  readonly stays: StaysEvidence;
  readonly head: HeadEvidence;
  /** The chain that the node should be on; null = none was named. */
  readonly expected: ExpectedChain | null;
}

type Skipped = { readonly at: 'skipped' };

/** `unspecified`: [::] or 0.0.0.0, which lead to whoever dials. `special`: no host's address on the internet. */
export type AddressScope = 'public' | 'private' | 'loopback' | 'special' | 'unspecified' | 'name';

export type UrlEvidence =
  | { readonly at: 'unusable'; readonly problem: string }
  | {
      readonly at: 'read';
      readonly form: 'enode' | 'enr' | 'address';
      readonly scope: AddressScope;
      /** 0 = none (discport=0). */
      readonly udp: number;
      readonly tcp: number;
      /** GoQuorum's; null = the URL names none. */
      readonly raftPort: number | null;
    };

export type DnsEvidence =
  | { readonly at: 'notNeeded' }
  | { readonly at: 'found'; readonly ips: readonly string[] }
  | { readonly at: 'unknown' | 'unanswered' };

export type Discv4Evidence =
  | Skipped
  /** The host answered that nothing listens at the port (ICMP). */
  | { readonly at: 'refused' }
  /** `farToo`: a PING valid for long got no answer either, so the clocks are not to blame. */
  | { readonly at: 'silent'; readonly waitedMs: number; readonly farToo: boolean }
  | {
      readonly at: 'answered';
      /** Public key that signed the PONG. */
      readonly key: string;
      /** Whether it is the one that was asked for; `unasked` = none was. */
      readonly keyIs: 'asked' | 'other' | 'unasked';
      readonly rttMs: number;
      /** Which PING it answered: one as clients send them (20 s), or only one that is valid for long. */
      readonly to: 'usual' | 'far';
      /** How far its clock is ahead of ours; null = right, as far as can be told. */
      readonly skewMs: number | null;
      /** It pinged us too, so it holds a proof of our address. */
      readonly pinged: boolean;
    };

/** `knocked`: it answered a packet that only the node of that ID can read. */
export type Discv5Evidence =
  | Skipped
  | { readonly at: 'refused' | 'silent' }
  | { readonly at: 'knocked'; readonly rttMs: number };

export type EnrEvidence =
  | Skipped
  | { readonly at: 'unanswered' }
  /** Not signed by the node, or no record. */
  | { readonly at: 'bad' }
  | {
      readonly at: 'read';
      readonly seq: bigint;
      readonly forkId: ForkIdFact | null;
      readonly endpoint: string | null;
      /** Its address, where others reach the node by it less than by the one that was asked (loopback, private). */
      readonly narrower: string | null;
    };

export interface ForkIdFact {
  /** 8 digits. */
  readonly hash: string;
  readonly next: bigint;
}

export type TcpEvidence =
  | Skipped
  | { readonly at: 'open'; readonly ms: number }
  | { readonly at: 'refused' | 'timedOut' | 'unreachable' };

export type RlpxEvidence =
  | Skipped
  | { readonly at: 'acked'; readonly ms: number }
  /** It closed before an ack. */
  | { readonly at: 'closed'; readonly ms: number }
  | { readonly at: 'silent' }
  /** What came was no ack to us. */
  | { readonly at: 'garbled' };

export type HelloEvidence =
  | Skipped
  /** Closed after the ack, without a word. */
  | { readonly at: 'closed'; readonly ms: number }
  | { readonly at: 'silent' }
  | { readonly at: 'garbled' }
  | { readonly at: 'disconnected'; readonly reason: number | null; readonly ms: number }
  | {
      readonly at: 'read';
      /** Safe to show. */
      readonly client: string;
      /** `eth/68`. */
      readonly capabilities: readonly string[];
      /** Highest version of eth that both have. */
      readonly sharedEth: number | null;
      readonly ms: number;
    };

export type StatusEvidence =
  | Skipped
  | { readonly at: 'closed'; readonly ms: number }
  | { readonly at: 'silent' }
  | { readonly at: 'garbled' }
  | { readonly at: 'disconnected'; readonly reason: number | null; readonly ms: number }
  | {
      readonly at: 'read';
      readonly networkId: bigint;
      readonly genesisHash: string;
      readonly forkId: ForkIdFact | null;
      readonly ms: number;
    };

export type StaysEvidence =
  | Skipped
  | { readonly at: 'stayed'; readonly ms: number }
  | { readonly at: 'closed'; readonly ms: number }
  | { readonly at: 'disconnected'; readonly reason: number | null; readonly ms: number };

export type HeadEvidence =
  | Skipped
  | { readonly at: 'unanswered' }
  | {
      readonly at: 'read';
      readonly number: bigint /** By its header; null = not told. */;
      readonly ageMs: number | null;
    };

export interface ExpectedChain {
  readonly name: string;
  readonly networkId: bigint;
  readonly genesisHash: string;
  /** What a node announces once `i` forks have passed; the last has next 0. */
  readonly forkIds: readonly ForkIdFact[];
}

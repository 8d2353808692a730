import { z } from 'zod';
import { SettingsError } from '../../lib/errors.ts';
import { parseExactJson } from '../../lib/exactJson.ts';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { createForkSchedule, type ForkActivation, type ForkSchedule, forkHashes } from '../../p2p/wire/forkId.ts';

/** How blocks are made, which decides how a header is hashed and how deep a head may still change. */
export const consensusKinds = [
  'pos',
  'pow',
  'clique',
  'ibft1',
  'ibft2',
  'qbft',
  'raft',
  'parlia',
  'bor',
  'optimism',
  'consortium',
] as const;
export type ConsensusKind = (typeof consensusKinds)[number];

/** From this block on the chain makes its blocks another way, as private chains do that moved from IBFT to QBFT. */
export interface ConsensusChange {
  readonly block: bigint;
  readonly consensus: ConsensusKind;
}

/** A whole number below 2^64: as a JSON number while that is exact, else as decimal text. */
const uint64Schema = z
  .union([z.int().min(0), z.string().regex(/^(0|[1-9][0-9]{0,19})$/)], 'expected a whole number from 0')
  .transform((value) => BigInt(value))
  .refine((value) => value < 1n << 64n, 'expected a number below 2^64');

const nameSchema = z.string().min(1).max(64);

const forkSchema = z
  .strictObject({ name: nameSchema, block: uint64Schema.optional(), time: uint64Schema.optional() })
  .superRefine((fork, context) => {
    if ((fork.block === undefined) === (fork.time === undefined)) {
      context.addIssue({ code: 'custom', message: 'expected exactly one of block and time (seconds)' });
    }
  });

/** A text that means a node. What else may be wrong with it is found where it is to be used: the others still are. */
const bootnodeSchema = z
  .string()
  .max(1_000)
  .regex(
    /^\s*(enode:\/\/[0-9a-f]{128}(@.*)?|enr:[\w-]+=*)\s*$/i,
    'expected enode://<128 hex digits>@<address>:<port> or enr:<base64url>',
  );

const dnsTreeSchema = z
  .string()
  .max(400)
  .regex(/^enrtree:\/\/[A-Z2-7]+@[A-Za-z0-9.-]+$/, 'expected enrtree://<key>@<domain>');

const cidrSchema = z.union([z.cidrv4(), z.cidrv6()], 'expected an IPv4 or IPv6 range such as 10.0.0.0/8');

/** Network file, format version 1: what a user writes and what `networks/data` holds. */
export const networkFileSchema = z.strictObject({
  version: z.literal(1, 'expected 1, the only format version'),
  slug: z
    .string()
    .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected lower-case letters, digits and single hyphens')
    .max(40)
    .refine((slug) => slug !== 'all', 'the name all is reserved'),
  name: nameSchema,
  networkId: uint64Schema,
  genesisHash: z.string().regex(/^0x[0-9a-fA-F]{64}$/, 'expected 0x and 64 hex digits'),
  /** Seconds; default 0. Time forks up to this time belong to the genesis rules. */
  genesisTime: uint64Schema.default(0n),
  forks: z.array(forkSchema).max(200),
  bootnodes: z.array(bootnodeSchema).max(1_000).default([]),
  /** Nodes of the same DHT that speak discv5 alone, most of them of the consensus layer: execution clients ship none of their own. */
  discv5Bootnodes: z.array(bootnodeSchema).max(1_000).default([]),
  /** EIP-1459 trees. */
  dns: z.array(dnsTreeSchema).max(20).default([]),
  /** Ranges that may be contacted although they are not public unicast: private chains, loopback. */
  allowedCidrs: z.array(cidrSchema).max(100).default([]),
  consensus: z.enum(consensusKinds),
  /** Later kinds, each from a block on. */
  consensusChanges: z
    .array(z.strictObject({ block: uint64Schema, consensus: z.enum(consensusKinds) }))
    .max(20)
    .default([]),
  /** The day from which on nobody is expected to run it, `YYYY-MM-DD`; its nodes are still told apart. */
  ended: z.iso.date('expected a day such as 2025-10-31').optional(),
  /** Public sources of the facts, for whoever checks them. */
  source: z.array(z.string().min(1).max(400)).max(20).default([]),
});
export type NetworkFile = z.input<typeof networkFileSchema>;

/** A moment of the schedule, at which a fork hash begins. Forks at the same block or time share it. */
export interface NetworkFork {
  readonly name: string;
  readonly kind: 'block' | 'time';
  /** Block number, or seconds since the epoch. */
  readonly at: bigint;
}

/** A valid network file. */
export interface Network {
  readonly slug: string;
  readonly name: string;
  readonly networkId: bigint;
  readonly genesisHash: Uint8Array;
  /** Seconds. */
  readonly genesisTime: bigint;
  /** In the order in which they activate, without forks of the genesis rules. */
  readonly forks: readonly NetworkFork[];
  /** `forkHashes[i]` holds once `i` forks have passed: one more than there are forks. */
  readonly forkHashes: readonly Uint8Array[];
  readonly schedule: ForkSchedule;
  readonly bootnodes: readonly string[];
  /** That speak discv5 alone. */
  readonly discv5Bootnodes: readonly string[];
  readonly dns: readonly string[];
  readonly allowedCidrs: readonly string[];
  /** From genesis on. */
  readonly consensus: ConsensusKind;
  /** Ascending by block. */
  readonly consensusChanges: readonly ConsensusChange[];
  /** The day from which on nobody is expected to run it, `YYYY-MM-DD`; null while it lives. */
  readonly ended: string | null;
  readonly source: readonly string[];
}

export interface NetworkProblem {
  /** File name, or another name for the source of the text. */
  readonly file: string;
  /** Path of the field, such as `forks[3].time`; empty for the file as a whole. */
  readonly field: string;
  readonly problem: string;
}

/** Every problem of every file at once. */
export class NetworkFileError extends SettingsError<{
  code: 'networkFileInvalid';
  problems: readonly NetworkProblem[];
}> {
  constructor(problems: readonly NetworkProblem[]) {
    super(
      { code: 'networkFileInvalid', problems },
      problems.map(({ file, field, problem }) => `${file}: ${field === '' ? '' : `${field}: `}${problem}`).join('\n'),
    );
  }
}

/** The network, or everything that is wrong with it. `file` is only its name in problems. */
export function parseNetworkFile(
  text: string,
  file: string,
): { network: Network } | { problems: readonly NetworkProblem[] } {
  const exact = parseExactJson(text);
  if ('problem' in exact) return { problems: [{ file, field: '', problem: exact.problem }] };
  const parsed = networkFileSchema.safeParse(exact.json);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map((issue) => ({ file, field: fieldPath(issue.path), problem: issue.message })),
    };
  }
  return { network: toNetwork(parsed.data) };
}

function toNetwork(file: z.output<typeof networkFileSchema>): Network {
  const genesisHash = hexToBytes(file.genesisHash);
  const activations = file.forks.flatMap(({ name, block, time }): (ForkActivation & { name: string })[] =>
    block !== undefined ? [{ name, block }] : time !== undefined ? [{ name, time }] : [],
  );
  const schedule = createForkSchedule(genesisHash, file.genesisTime, activations);
  const named = (kind: 'block' | 'time', at: bigint): NetworkFork => ({
    name: activations
      .filter((fork) => (kind === 'block' ? 'block' in fork && fork.block === at : 'time' in fork && fork.time === at))
      .map((fork) => fork.name)
      .join(', '),
    kind,
    at,
  });
  return {
    slug: file.slug,
    name: file.name,
    networkId: file.networkId,
    genesisHash,
    genesisTime: file.genesisTime,
    forks: [
      ...schedule.blockForks.map((at) => named('block', at)),
      ...schedule.timeForks.map((at) => named('time', at)),
    ],
    forkHashes: forkHashes(schedule),
    schedule,
    bootnodes: file.bootnodes,
    discv5Bootnodes: file.discv5Bootnodes,
    dns: file.dns,
    allowedCidrs: file.allowedCidrs,
    consensus: file.consensus,
    consensusChanges: file.consensusChanges.toSorted((a, b) => (a.block < b.block ? -1 : 1)),
    ended: file.ended ?? null,
    source: file.source,
  };
}

/** The network as a file, numbers as text. */
export function toNetworkFile(network: Network): NetworkFile {
  const {
    networkId,
    genesisHash,
    genesisTime,
    forks,
    consensusChanges,
    schedule: _,
    forkHashes: __,
    ...rest
  } = network;
  const { ended, discv5Bootnodes, ...others } = rest;
  return {
    version: 1,
    ...others,
    networkId: String(networkId),
    genesisHash: `0x${bytesToHex(genesisHash)}`,
    genesisTime: String(genesisTime),
    forks: forks.map(({ name, kind, at }) => ({ name, [kind]: String(at) })),
    consensusChanges: consensusChanges.map(({ block, consensus }) => ({ block: String(block), consensus })),
    ...(ended === null ? {} : { ended }),
    bootnodes: [...network.bootnodes],
    ...(discv5Bootnodes.length === 0 ? {} : { discv5Bootnodes: [...discv5Bootnodes] }),
    dns: [...network.dns],
    allowedCidrs: [...network.allowedCidrs],
    source: [...network.source],
  };
}

/** How the chain makes the block at a height. */
export function consensusAt(
  network: { readonly consensus: ConsensusKind; readonly consensusChanges: readonly ConsensusChange[] },
  block: bigint,
): ConsensusKind {
  return network.consensusChanges.findLast((change) => change.block <= block)?.consensus ?? network.consensus;
}

export function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

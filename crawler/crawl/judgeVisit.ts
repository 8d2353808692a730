import { type HelloClaims, tellClient, tellCrawler } from '../../chains/classify/tellClient.ts';
import { nameBlockOf, viewHeader } from '../../chains/forks/blockNaming.ts';
import { classifyFork, type ForkMoment } from '../../chains/forks/forkClass.ts';
import { type HeadEstimate, judgeSync } from '../../chains/forks/headSync.ts';
import type { LearnedFork } from '../../chains/forks/learnedForks.ts';
import { type ChainIdentity, identifyChain, type NetworkIndex } from '../../chains/networks/chainIdentity.ts';
import { consensusAt, type Network } from '../../chains/networks/networkFile.ts';
import { judgeRecord } from '../../chains/networks/recordKind.ts';
import { versionText } from '../../lib/clientVersion.ts';
import type { RlpxStatus } from '../../p2p/protocol/rlpxOutcome.ts';
import { decodeHeader } from '../../p2p/wire/blockHeader.ts';
import { equalBytes } from '../../p2p/wire/bytes.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import type { NodeContact } from '../../p2p/wire/nodeEndpoint.ts';
import type { ParsedClient, VisitBlock, VisitOutcome, VisitRecord } from './visit.ts';

/** Longest raw client string that is kept, in characters. */
const maxClientLength = 1_024;
const maxRecordClient = 200;

/** What is known about the networks beyond their files when a visit is judged. */
export interface VisitContext {
  /** ms since the epoch. */
  readonly now: number;
  readonly learned: (network: Network) => readonly LearnedFork[];
  readonly head: (network: Network) => HeadEstimate | null;
  /** When forks by block were seen passed, ms. */
  readonly passedAt: (network: Network) => NonNullable<ForkMoment['passedAt']>;
  /** What a side of a chain split counts. */
  readonly voterOf: (network: Network, contact: NodeContact) => string;
}

type Judgement = Omit<VisitRecord, 'outcome' | 'dueAt' | 'failures'>;

/** What an outcome says about the node's network, fork class, client, head and blocks. Pure. */
export function judgeVisit(index: NetworkIndex, outcome: VisitOutcome, context: VisitContext): Judgement {
  const { status, enr, hello } = outcome;
  const { now, learned } = context;
  const identity = identifyChain(index, { status, enr: enr?.eth ?? null }, { now, learned });
  const client = hello === null ? null : parseClient(hello);
  const crawler = hello !== null && tellCrawler(hello) !== null;
  const network = networkOf(identity, crawler);
  const forkId = status?.forkId ?? enr?.eth ?? null;
  const forkSource = forkId === null ? null : forkId === status?.forkId ? 'status' : 'enr';
  const told = { network, forkId, forkSource, client, crawler, ...judgeLayers(outcome, now) } as const;
  const classOn = (on: Network): string | null => {
    if (forkId === null) return null;
    const head = context.head(on);
    const passedAt = context.passedAt(on);
    const moment: ForkMoment = head === null ? { now, passedAt } : { now, passedAt, headNumber: head.number };
    const teller = { headNumber: status?.headNumber ?? null, toldAt: outcome.startedAt };
    return classifyFork(on, forkId, moment, learned(on), teller).class;
  };
  const nothing = { forkClass: null, headAt: null, synced: null, blocks: [] };
  // Of which of them it would be behind cannot be told; that it is at genesis can.
  const atGenesis = identity.at === 'ambiguous' && identity.atGenesis && (status?.headNumber ?? 0n) === 0n;
  if (atGenesis) return { ...told, ...nothing, forkClass: 'atGenesis' };
  if (identity.at !== 'on') return { ...told, ...nothing };
  return {
    ...told,
    forkClass: classOn(identity.network),
    ...judgeHead(identity.network, outcome, context.head(identity.network)),
    blocks: identity.source === 'status' ? readBlocks(identity.network, outcome, context) : [],
  };
}

/** What the node's record, or its Status, tells of the layers that it belongs to. */
function judgeLayers(
  { enr, status }: VisitOutcome,
  now: number,
): Pick<VisitRecord, 'layer' | 'consensus' | 'recordClient'> {
  const entries = enr?.entries;
  const isExecution = status !== null || (enr?.eth ?? null) !== null;
  if (entries === undefined) return { layer: isExecution ? 'execution' : null, consensus: null, recordClient: null };
  const { consensus } = judgeRecord(entries, () => [], now);
  const isRelative = entries.opstack !== null || entries.opel !== null || entries.opera !== null;
  const alone = isExecution ? 'execution' : isRelative ? 'relative' : null;
  const { client } = entries;
  const text =
    client === null ? null : [client.name, client.version, client.build].filter((part) => part !== null).join('/');
  return {
    layer: consensus === null ? alone : isExecution ? 'both' : 'consensus',
    consensus:
      consensus === null
        ? null
        : { network: consensus.slug, digest: consensus.digestHex, readiness: consensus.readiness },
    recordClient: text?.slice(0, maxRecordClient) ?? null,
  };
}

function judgeHead(network: Network, outcome: VisitOutcome, estimate: HeadEstimate | null) {
  const { status, headers, startedAt } = outcome;
  if (status === null) return { headAt: null, synced: null };
  const raw = headers.find(({ want }) => want.by === 'head')?.headers[0];
  const headAt = raw === undefined ? null : readHeadTime(network, raw, status, startedAt);
  const synced = judgeSync({ headNumber: status.headNumber, headAt, visitedAt: startedAt }, estimate);
  return { headAt, synced };
}

/** How far a peer's clock may be off before its times are ignored. */
const maxFutureMs = 24 * 3_600_000;

/** Time of the header that the node's own Status names; null if it sent another one. */
function readHeadTime(network: Network, raw: Uint8Array, status: RlpxStatus, visitedAt: number): number | null {
  try {
    const { hash } = viewHeader(raw, consensusAt(network, decodeHeader(raw).number));
    return equalBytes(hash, status.headHash) ? blockTime(network, raw, visitedAt) : null;
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}

/** Of a header that decodes. */
function blockTime(network: Network, raw: Uint8Array, visitedAt: number): number | null {
  const { number, timestamp } = decodeHeader(raw);
  // GoQuorum's Raft counts nanoseconds.
  const at = consensusAt(network, number) === 'raft' ? timestamp / 1_000_000n : timestamp * 1_000n;
  return at <= BigInt(visitedAt + maxFutureMs) ? Number(at) : null;
}

function readBlocks(
  network: Network,
  { headers, contact, startedAt }: VisitOutcome,
  context: VisitContext,
): VisitBlock[] {
  const voter = context.voterOf(network, contact);
  return headers.flatMap(({ want, headers: answer }) => {
    if (want.by !== 'number' || want.amount !== 2) return [];
    const naming = nameBlockOf(want.number, answer, consensusAt(network, want.number));
    if (naming.at === 'none') return [];
    const { hash } = naming;
    const [first] = answer;
    const time = first === undefined ? null : blockTime(network, first, startedAt);
    return { network: network.slug, height: want.number, hash, forged: naming.at === 'forged', voter, time };
  });
}

/** The client of a Hello, with its string as it is stored: capped, and without NUL, which Postgres text cannot hold. */
export function parseClient(hello: HelloClaims): ParsedClient {
  const raw = hello.clientName.replaceAll('\0', '�').slice(0, maxClientLength);
  const { name, version, os, arch, language, byCapability } = tellClient({ ...hello, clientName: raw });
  return {
    raw,
    byCapability,
    name: name ?? 'unknown',
    version: version === null ? null : versionText(version),
    os,
    arch,
    language: language === null ? null : [language.name, language.version].filter((part) => part !== null).join(' '),
  };
}

function networkOf(identity: ChainIdentity, crawler: boolean): VisitRecord['network'] {
  const none = { slug: null, ambiguous: false, source: 'status' } as const;
  switch (identity.at) {
    case 'on': {
      const { network, source, otherNetworkId } = identity;
      // A crawler names the network that it looks at: it is no node of it.
      if (crawler) return { ...none, source, candidates: [network.slug] };
      return { ...none, slug: network.slug, source, otherNetworkId };
    }
    case 'ambiguous':
      return { ...none, ambiguous: !crawler, source: identity.source, candidates: slugs(identity.networks) };
    case 'relative':
      return { ...none, candidates: slugs(identity.networks), relative: !crawler };
    case 'foreign':
      return none;
    case 'unknown':
      return null;
  }
}

function slugs(networks: readonly Network[]): string[] {
  return networks.map(({ slug }) => slug);
}

import { type Capability, maxCapabilities } from './capabilities.ts';
import { type ClientName, parseClientName } from './clientName.ts';

/** What a Hello says about the program that sent it. */
export interface HelloClaims {
  readonly clientName: string;
  readonly capabilities: readonly Capability[];
  /** 0 = not listening. */
  readonly listenPort: number;
}

export interface ToldClient extends ClientName {
  /** The capabilities told it, not the name: another peer that sends the same string may run another client. */
  readonly byCapability: boolean;
}

/** From here on the second number of its version is op-geth's, which puts that of the geth underneath before its own. */
const firstOpGethMinor = 101_000;

/**
 * Which client sent a Hello. Most say so by name; relatives of geth that kept its name are told by what only they do:
 * BSC by its capability, GoQuorum by its own version in brackets, op-geth by its numbers. Pure; never throws.
 */
export function tellClient({ clientName, capabilities }: HelloClaims): ToldClient {
  const client = { ...parseClientName(clientName), byCapability: false };
  if (client.name !== null && client.name !== 'geth') return client;
  const quorum = quorumVersion(client.variant);
  if (quorum !== null) return { ...client, name: 'goquorum', version: { numbers: quorum, preRelease: null } };
  const offers = new Set(capabilities.slice(0, maxCapabilities).map(({ name }) => name));
  if (bscCapabilities.some((name) => offers.has(name))) return { ...client, name: 'bsc', byCapability: true };
  return isOpGeth(client) ? { ...client, name: 'op-geth' } : client;
}

/** `bsc` since 1.2; `diff` and `trust` before. No other client has them. */
const bscCapabilities = ['bsc', 'diff', 'trust'];

function quorumVersion(variant: string | null): number[] | null {
  const match = /^quorum-v([0-9]{1,6}(?:\.[0-9]{1,6}){1,3})$/.exec(variant ?? '');
  return match === null ? null : (match[1] ?? '').split('.').map(Number);
}

function isOpGeth({ name, version }: ClientName): boolean {
  return name === 'geth' && version?.numbers[0] === 1 && (version.numbers[1] ?? 0) >= firstOpGethMinor;
}

/** Names of programs that look at the network and are no part of it, as they call themselves in Hello. */
const crawlerNames: ReadonlySet<string> = new Set([
  'forkscope',
  'nodecrawler', // angaz/node-crawler
  'node-crawler',
  'nebula', // probe-lab
  'armiarma', // migalabs
  'xatu', // ethpandaops
  'ethernodes',
]);

/**
 * Name of the crawler or tool that sent a Hello; null if a node did, as far as can be told. ethereum/node-crawler,
 * Nebula, xatu's mimicry and go-ethereum's `devp2p` send neither a name nor a port to listen at (`unnamed`): every
 * client that is known fills in its name.
 */
export function tellCrawler({ clientName, listenPort }: HelloClaims): string | null {
  if (clientName === '') return listenPort === 0 ? 'unnamed' : null;
  const { name } = parseClientName(clientName);
  if (name === null) return null;
  return crawlerNames.has(name) || /(?:^|[^a-z])(?:crawler|scraper)$/.test(name) ? name : null;
}

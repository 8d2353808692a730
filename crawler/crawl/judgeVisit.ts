import { parseClientName, versionText } from '../classify/clientName.ts';
import { classifyFork } from '../forks/forkClass.ts';
import { type ChainIdentity, identifyChain, type NetworkIndex } from '../networks/chainIdentity.ts';
import type { ForkId } from '../wire/forkId.ts';
import type { EnrFinding, ParsedClient, StatusFinding, VisitOutcome, VisitRecord } from './visit.ts';

/** Longest raw client string that is kept, in characters. */
const MAX_CLIENT_LENGTH = 1_024;

/** What an outcome says of the node's network, fork class and client. Pure; `now` in ms. */
export function judgeVisit(
  index: NetworkIndex,
  outcome: VisitOutcome,
  now: number,
): Pick<VisitRecord, 'network' | 'forkClass' | 'client'> {
  const { status, enr, hello } = outcome;
  const identity = identifyChain(
    index,
    { status: status === null ? null : statusFacts(status), enr: enrForkId(enr) },
    { now },
  );
  const forkId = status?.forkId ?? enrForkId(enr);
  return {
    network: networkOf(identity),
    forkClass: identity.at === 'on' && forkId !== null ? classifyFork(identity.network, forkId, { now }).class : null,
    client: hello === null ? null : parseClient(hello.clientName),
  };
}

/** A client string as it is stored: capped, and without NUL, which Postgres text cannot hold. */
export function parseClient(text: string): ParsedClient {
  const raw = text.replaceAll('\0', '�').slice(0, MAX_CLIENT_LENGTH);
  const { name, version, os, arch, language } = parseClientName(raw);
  return {
    raw,
    name: name ?? 'unknown',
    version: version === null ? null : versionText(version),
    os,
    arch,
    language: language === null ? null : [language.name, language.version].filter((part) => part !== null).join(' '),
  };
}

function statusFacts(status: StatusFinding): { genesisHash: Uint8Array; forkId: ForkId | null } {
  return { genesisHash: status.genesisHash, forkId: status.forkId };
}

function enrForkId(enr: EnrFinding | null): ForkId | null {
  return enr?.eth ? { hash: enr.eth.forkHash, next: enr.eth.forkNext } : null;
}

function networkOf(identity: ChainIdentity): VisitRecord['network'] {
  switch (identity.at) {
    case 'on':
      return { slug: identity.network.slug, ambiguous: false, source: identity.source };
    case 'ambiguous':
      return { slug: null, ambiguous: true, source: identity.source };
    case 'foreign':
      return { slug: null, ambiguous: false, source: 'status' };
    case 'unknown':
      return null;
  }
}

import { type Diagnosis, diagnose } from '../chains/diagnose/diagnose.ts';
import type { DnsEvidence, Evidence, ExpectedChain, UrlEvidence } from '../chains/diagnose/evidence.ts';
import { hexToBytes } from '../p2p/wire/bytes.ts';
import type { EthVersion } from '../p2p/wire/ethStatus.ts';
import { formatEnode } from '../p2p/wire/nodeEndpoint.ts';
import { askUdp, type UdpFindings } from './askUdp.ts';
import { holdSession, type SessionFindings } from './holdSession.ts';
import type { ProbeWorld } from './probeWorld.ts';
import { readTarget, type Target } from './readTarget.ts';

export interface ProbePlan {
  /** An enode URL, a record, or `host[:port]`. */
  readonly text: string;
  readonly expected: ExpectedChain | null;
  readonly clientName: string;
  /** What our Hello offers; null = all that we can read. */
  readonly ethVersions: readonly EthVersion[] | null;
  readonly stayMs: number;
}

export interface ProbeResult {
  readonly evidence: Evidence;
  readonly diagnosis: Diagnosis;
  /** Where it was probed; null = nothing was sent. */
  readonly ip: string | null;
  /** The URL as it should be, where the key that answered is not the one of the URL, or none was given. */
  readonly enode: string | null;
  readonly record: string | null;
}

/** Told of as they are found out. */
interface ProbeEars {
  found(part: Partial<Evidence>): void;
  /** Before the one dial to an address. */
  dialling(ip: string): void;
}

const skipped = { at: 'skipped' } as const;
const notAsked: UdpFindings = { discv4: skipped, discv5: skipped, enr: skipped, record: null };
const notDialled: SessionFindings = {
  tcp: skipped,
  rlpx: skipped,
  hello: skipped,
  status: skipped,
  stays: skipped,
  head: skipped,
};

/** Asks one node all that can be asked, once, and judges what keeps others from connecting to it. Never rejects. */
export async function probeNode(
  plan: ProbePlan,
  world: ProbeWorld,
  ears: ProbeEars,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { url, target } = readTarget(plan.text, world.curve);
  ears.found({ url });
  if (target === null || (url.at === 'read' && url.scope === 'unspecified')) {
    return conclude({ url, dns: { at: 'notNeeded' }, ip: null, udp: notAsked, session: notDialled, plan, target });
  }
  const { dns, ip } = await findAddress(target, url, world);
  if (dns.at !== 'notNeeded') ears.found({ dns });
  if (ip === null) return conclude({ url, dns, ip, udp: notAsked, session: notDialled, plan, target });
  const key = world.random.bytes(32);
  const udp = target.udp === 0 ? notAsked : await askUdp({ ip, port: target.udp }, target.id, key, world);
  const { discv4, discv5, enr } = udp;
  ears.found({ discv4, discv5, enr });
  const id = target.id ?? (discv4.at === 'answered' ? hexToBytes(discv4.key) : null);
  if (target.tcp !== 0) ears.dialling(ip);
  const session =
    target.tcp === 0 ? notDialled : await holdSession({ ip, port: target.tcp }, { ...plan, id, key }, world, signal);
  ears.found(session);
  return conclude({ url, dns, ip, udp, session, plan, target });
}

async function findAddress(
  { host }: Target,
  url: UrlEvidence,
  { names }: ProbeWorld,
): Promise<{ dns: DnsEvidence; ip: string | null }> {
  if (url.at === 'read' && url.scope !== 'name') return { dns: { at: 'notNeeded' }, ip: host };
  const answer = await names.lookUp(host);
  if (answer.at !== 'found') return { dns: answer, ip: null };
  // What this machine can reach most surely.
  const ip = answer.ips.find((one) => !one.includes(':')) ?? answer.ips[0] ?? null;
  return { dns: answer, ip };
}

interface Findings {
  readonly url: UrlEvidence;
  readonly dns: DnsEvidence;
  readonly ip: string | null;
  readonly udp: UdpFindings;
  readonly session: SessionFindings;
  readonly plan: ProbePlan;
  readonly target: Target | null;
}

function conclude({ url, dns, ip, udp, session, plan, target }: Findings): ProbeResult {
  const { discv4, discv5, enr, record } = udp;
  const evidence: Evidence = { url, dns, discv4, discv5, enr, ...session, expected: plan.expected };
  const isCorrected = discv4.at === 'answered' && discv4.keyIs !== 'asked';
  const enode =
    isCorrected && target !== null && ip !== null
      ? formatEnode({ id: hexToBytes(discv4.key), ip, udp: target.udp, tcp: target.tcp })
      : null;
  return { evidence, diagnosis: diagnose(evidence), ip, enode, record };
}

import { fitForkId, forkIdText } from '../chains/diagnose/chainFit.ts';
import type { Evidence, ExpectedChain, ForkIdFact } from '../chains/diagnose/evidence.ts';
import { formatDuration } from '../lib/duration.ts';
import { disconnectReasons } from '../p2p/wire/hello.ts';

export interface StageLine {
  readonly stage: string;
  /** `none`: neither good nor bad, or not tried. */
  readonly mark: 'good' | 'bad' | 'none';
  /** ms that it took; null = nothing was measured. */
  readonly ms: number | null;
  readonly text: string;
}

/** What was found out, in plain words, a line a stage; stages that were skipped have none. */
export function stageLines(found: Partial<Evidence>, expected: ExpectedChain | null): StageLine[] {
  return [
    urlLine(found.url),
    dnsLine(found.dns),
    discv4Line(found.discv4, found.discv5),
    discv5Line(found.discv5),
    enrLine(found.enr, expected),
    tcpLine(found.tcp),
    rlpxLine(found.rlpx),
    helloLine(found.hello),
    statusLine(found.status, expected),
    staysLine(found.stays),
    headLine(found.head),
  ].filter((line) => line !== null);
}

function line(stage: string, mark: StageLine['mark'], ms: number | null, text: string): StageLine {
  return { stage, mark, ms, text };
}

function urlLine(url: Evidence['url'] | undefined): StageLine | null {
  if (url === undefined) return null;
  if (url.at === 'unusable') return line('URL', 'bad', null, url.problem);
  const ports = url.udp === url.tcp ? `port ${url.tcp}` : `TCP ${url.tcp || 'none'}, UDP ${url.udp || 'none'}`;
  const raft = url.raftPort === null ? '' : `, Raft ${url.raftPort}`;
  const scopes = {
    public: 'an address on the internet',
    private: 'a private address: reached only from its own network',
    loopback: 'an address of this machine alone: no other reaches the node by it',
    special: 'an address that no host on the internet has',
    unspecified: 'an address that means every address of whoever dials',
    name: 'a host name',
  };
  const mark = url.scope === 'unspecified' ? 'bad' : url.scope === 'special' ? 'none' : 'good';
  const key = url.form === 'address' ? '; it names no key, so whichever key answers is taken' : '';
  return line('URL', mark, null, `${scopes[url.scope]}; ${ports}${raft}${key}`);
}

function dnsLine(dns: Evidence['dns'] | undefined): StageLine | null {
  switch (dns?.at) {
    case undefined:
    case 'notNeeded':
      return null;
    case 'found':
      return line('DNS', 'good', null, dns.ips.join(', '));
    case 'unknown':
      return line('DNS', 'bad', null, 'there is no such name');
    case 'unanswered':
      return line('DNS', 'bad', null, 'no name server answered');
  }
}

function discv4Line(discv4: Evidence['discv4'] | undefined, discv5: Evidence['discv5'] | undefined): StageLine | null {
  switch (discv4?.at) {
    case undefined:
    case 'skipped':
      return null;
    case 'refused':
      return line('discv4', 'bad', null, 'UDP refused: nothing listens at this port');
    case 'silent':
      // Some clients speak discv5 alone.
      return line(
        'discv4',
        discv5?.at === 'knocked' ? 'none' : 'bad',
        discv4.waitedMs,
        'no answer, not even to a PING that is valid for long',
      );
    case 'answered': {
      const facts = [
        discv4.keyIs === 'other' ? `PONG, signed by another key: ${short(discv4.key)}` : 'PONG',
        ...(discv4.to === 'far' ? ['only to a PING that is valid for long'] : []),
        ...(discv4.skewMs === null
          ? []
          : [
              `its clock is ${formatDuration(Math.abs(discv4.skewMs))} ${discv4.skewMs > 0 ? 'ahead of' : 'behind'} ours`,
            ]),
        discv4.pinged ? 'it pinged back and holds a proof of our address' : 'it has not pinged back',
      ];
      const isGood = discv4.keyIs !== 'other' && discv4.to === 'usual' && discv4.skewMs === null;
      return line('discv4', isGood ? 'good' : 'bad', discv4.rttMs, facts.join('; '));
    }
  }
}

function discv5Line(discv5: Evidence['discv5'] | undefined): StageLine | null {
  if (discv5 === undefined || discv5.at === 'skipped' || discv5.at === 'refused') return null;
  return discv5.at === 'knocked'
    ? line('discv5', 'good', discv5.rttMs, 'it answers as the node of this ID')
    : line('discv5', 'none', null, 'no answer');
}

function enrLine(enr: Evidence['enr'] | undefined, expected: ExpectedChain | null): StageLine | null {
  switch (enr?.at) {
    case undefined:
    case 'skipped':
      return null;
    case 'unanswered':
      return line('ENR', 'none', null, 'it gives no record');
    case 'bad':
      return line('ENR', 'bad', null, 'its record is not signed by the key that answers');
    case 'read': {
      const { text, isGood } = forkWords(enr.forkId, expected);
      return line('ENR', isGood ? 'good' : 'bad', null, `number ${enr.seq}, ${enr.endpoint ?? 'no address'}; ${text}`);
    }
  }
}

function forkWords(forkId: ForkIdFact | null, expected: ExpectedChain | null): { text: string; isGood: boolean } {
  if (forkId === null) return { text: 'no fork ID', isGood: true };
  const text = `fork ID ${forkIdText(forkId)}`;
  if (expected === null) return { text, isGood: true };
  const fit = fitForkId(expected, forkId);
  const words = {
    right: `as ${expected.name} has it`,
    stale: `${expected.name} has another next fork`,
    ahead: `${expected.name} knows no fork beyond this one`,
    unknown: `${expected.name} never has it`,
  };
  return { text: `${text} (${words[fit]})`, isGood: fit === 'right' || fit === 'ahead' };
}

function tcpLine(tcp: Evidence['tcp'] | undefined): StageLine | null {
  switch (tcp?.at) {
    case undefined:
    case 'skipped':
      return null;
    case 'open':
      return line('TCP', 'good', tcp.ms, 'open');
    case 'refused':
      return line('TCP', 'bad', null, 'refused: nothing listens at this port');
    case 'timedOut':
      return line('TCP', 'bad', null, 'no answer to the SYN');
    case 'unreachable':
      return line('TCP', 'bad', null, 'no such host, or no way to it');
  }
}

function rlpxLine(rlpx: Evidence['rlpx'] | undefined): StageLine | null {
  switch (rlpx?.at) {
    case undefined:
    case 'skipped':
      return null;
    case 'acked':
      return line('RLPx', 'good', rlpx.ms, 'ack');
    case 'closed':
      return line('RLPx', 'bad', rlpx.ms, 'closed before an ack');
    case 'silent':
      return line('RLPx', 'bad', null, 'no ack');
    case 'garbled':
      return line('RLPx', 'bad', null, 'what came was no ack');
  }
}

function helloLine(hello: Evidence['hello'] | undefined): StageLine | null {
  if (hello === undefined || hello.at === 'skipped') return null;
  if (hello.at !== 'read') return endLine('Hello', hello);
  const shared = hello.sharedEth === null ? 'no version of eth in common' : `eth/${hello.sharedEth} in common`;
  const mark = hello.sharedEth === null ? 'bad' : 'good';
  return line(
    'Hello',
    mark,
    hello.ms,
    `${hello.client}; ${hello.capabilities.join(' ') || 'no capabilities'}; ${shared}`,
  );
}

function statusLine(status: Evidence['status'] | undefined, expected: ExpectedChain | null): StageLine | null {
  if (status === undefined || status.at === 'skipped') return null;
  if (status.at !== 'read') return endLine('Status', status);
  const genesisFits = expected === null || status.genesisHash === expected.genesisHash;
  const idFits = expected === null || status.networkId === expected.networkId;
  const fork = forkWords(status.forkId, expected);
  const text = [
    `network ${status.networkId}${idFits ? '' : ` (${expected.name} has ${expected.networkId})`}`,
    `genesis ${short(status.genesisHash)}${genesisFits ? '' : ` (${expected.name} has ${short(expected.genesisHash)})`}`,
    fork.text,
  ].join('; ');
  return line('Status', genesisFits && idFits && fork.isGood ? 'good' : 'bad', status.ms, text);
}

function staysLine(stays: Evidence['stays'] | undefined): StageLine | null {
  if (stays === undefined || stays.at === 'skipped') return null;
  return stays.at === 'stayed'
    ? line('stays', 'good', stays.ms, 'it let us stay (our Status says what its own says)')
    : endLine('stays', stays);
}

function headLine(head: Evidence['head'] | undefined): StageLine | null {
  if (head === undefined || head.at === 'skipped') return null;
  if (head.at === 'unanswered') return line('head', 'none', null, 'it gives no header');
  // The genesis block has whatever time its file says.
  const age =
    head.ageMs === null || head.number === 0n
      ? ''
      : `, made ${formatDuration(Math.max(0, Math.round(head.ageMs / 1_000) * 1_000))} ago`;
  return line('head', 'good', null, `block ${head.number}${age}`);
}

type End =
  | { readonly at: 'closed'; readonly ms: number }
  | { readonly at: 'silent' | 'garbled' }
  | { readonly at: 'disconnected'; readonly reason: number | null; readonly ms: number };

function endLine(stage: string, end: End): StageLine {
  switch (end.at) {
    case 'closed':
      return line(stage, 'bad', end.ms, 'closed without a word');
    case 'silent':
      return line(stage, 'bad', null, 'nothing came');
    case 'garbled':
      return line(stage, 'bad', null, 'what came could not be read');
    case 'disconnected':
      return line(stage, 'bad', end.ms, `Disconnect: ${reasonText(end.reason)}`);
  }
}

function reasonText(reason: number | null): string {
  if (reason === null) return 'no reason given';
  return `0x${reason.toString(16).padStart(2, '0')}, ${disconnectReasons[reason] ?? 'a reason of its own'}`;
}

/** The beginning of a key or a hash. */
function short(hex: string): string {
  return `${hex.slice(0, 16)}…`;
}

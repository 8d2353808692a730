import type { CauseCode } from './causes.ts';
import { fitForkId, forkIdText } from './chainFit.ts';
import type { Evidence } from './evidence.ts';
import { judgeDiscovery } from './judgeDiscovery.ts';
import { type FoundCause, found, judgeReason } from './judgeReason.ts';

export interface Diagnosis {
  /** What fits all that was seen, most likely first; none = it connects and can be found. */
  readonly causes: readonly FoundCause[];
  /** What would be in the way besides, once these are out of it. */
  readonly also: readonly FoundCause[];
}

/**
 * Why a node does not connect, of what was seen of it. Names no cause that what was seen speaks against; where the wire
 * cannot tell several apart, names them all.
 */
export function diagnose(evidence: Evidence): Diagnosis {
  const target = judgeTarget(evidence);
  if (target.length > 0) return { causes: target, also: [] };
  const blockers = judgeReach(evidence) ?? judgeSession(evidence);
  const told = new Set<CauseCode>(blockers.map(({ code }) => code));
  const more = [...judgeRecord(evidence), ...judgeDiscovery(evidence)].filter(({ code }) => !told.has(code));
  const besides = judgeAddress(evidence);
  return blockers.length > 0 ? { causes: blockers, also: [...more, ...besides] } : { causes: more, also: besides };
}

/** What shows before anything is sent. */
function judgeTarget({ url, dns }: Evidence): FoundCause[] {
  if (url.at === 'unusable') return [found('urlUnusable', url.problem)];
  if (url.scope === 'unspecified') {
    return [found('addressUnspecified', 'the address means every address of the machine that dials, not a host')];
  }
  if (dns.at === 'unknown') return [found('nameUnknown', 'the name server knows no address of this name')];
  if (dns.at === 'unanswered') return [found('nameUnanswered', 'no name server answered')];
  return [];
}

/** What keeps a dial from a running node; null = nothing, or a stage further on tells. */
function judgeReach(evidence: Evidence): FoundCause[] | null {
  const { url, discv4, tcp } = evidence;
  const hears = hearsUdp(evidence);
  const other = discv4.at === 'answered' && discv4.keyIs === 'other' ? [keyDiffers(evidence)] : [];
  switch (tcp.at) {
    case 'open':
      return null;
    case 'skipped':
      if (url.at === 'read' && url.tcp === 0) return [...other, found('noTcpPort', 'the URL names no TCP port')];
      return other.length > 0 ? other : null;
    case 'refused':
      if (hears) return [...other, found('tcpNotListening', 'TCP refused', 'UDP answers at the same address')];
      return [found('processDown', 'TCP refused', ...(discv4.at === 'refused' ? ['UDP refused as well'] : []))];
    case 'timedOut':
      if (hears) return [...other, found('tcpFiltered', 'no answer to the SYN', 'UDP answers at the same address')];
      if (discv4.at === 'refused') {
        return [found('tcpFiltered', 'no answer to the SYN', 'the host itself answers: it refuses UDP')];
      }
      return [
        found('hostAbsent', 'no answer by TCP', ...(discv4.at === 'silent' ? ['none by UDP'] : [])),
        found('allFiltered', 'no answer by TCP', ...(discv4.at === 'silent' ? ['none by UDP'] : [])),
      ];
    case 'unreachable':
      if (hears) return [...other, found('tcpFiltered', 'TCP is turned away on its way', 'UDP answers')];
      return [found('hostAbsent', 'the network says that there is no such host, or no way to it')];
  }
}

/** What happens once TCP is open. */
function judgeSession(evidence: Evidence): FoundCause[] {
  const { rlpx, hello, status, stays } = evidence;
  if (rlpx.at !== 'acked') return judgeHandshake(evidence);
  switch (hello.at) {
    case 'skipped':
      return [];
    case 'closed':
      return judgeWordless(evidence);
    case 'silent':
      return [found('overloaded', 'it sent its ack, and then nothing')];
    case 'garbled':
      return [found('notRlpx', 'what followed the ack was no Hello')];
    case 'disconnected':
      return judgeReason(hello.reason, 'instead of its Hello', hello.ms);
  }
  if (hello.sharedEth === null) {
    return [found('noSharedCapability', `it speaks ${hello.capabilities.join(', ') || 'nothing'}`)];
  }
  switch (status.at) {
    case 'skipped':
      return [];
    case 'closed':
      return [
        found(
          'closedWordless',
          `it closed after its Hello, ${Math.round(status.ms)} ms after the dial, without a reason`,
        ),
      ];
    case 'silent':
      return [found('overloaded', 'it sent its Hello, and no Status')];
    case 'garbled':
      return [found('notRlpx', 'its Status could not be read')];
    case 'disconnected':
      return status.reason === 0x10
        ? judgeChain(evidence)
        : judgeReason(status.reason, 'instead of its Status', status.ms);
  }
  const chain = judgeChain(evidence);
  if (chain.length > 0) return chain;
  if (stays.at === 'closed') return [found('closedWordless', 'it closed after the Status, without a reason')];
  return stays.at === 'disconnected' ? judgeReason(stays.reason, 'after the Status', stays.ms) : [];
}

/** TCP is open, and no ack came. */
function judgeHandshake(evidence: Evidence): FoundCause[] {
  const { discv4, discv5, rlpx, url } = evidence;
  const isPublic = url.at === 'read' && (url.scope === 'public' || url.scope === 'name');
  switch (rlpx.at) {
    case 'acked':
    case 'skipped':
      return discv4.at === 'answered' && discv4.keyIs === 'other' ? [keyDiffers(evidence)] : [];
    case 'closed': {
      const closed = `TCP was accepted, then closed ${Math.round(rlpx.ms)} ms after the dial, before an ack`;
      if (discv4.at === 'answered' && discv4.keyIs === 'other') return [keyDiffers(evidence, closed)];
      const shutOut = [found('netRestricted', closed), ...(isPublic ? [found('throttled', closed)] : [])];
      if (discv4.at === 'answered') {
        return [...shutOut, found('otherAtTcp', closed, 'by UDP the node of this key answers')];
      }
      // No proof of the key, but who has another one cannot read what is masked with this ID.
      return discv5.at === 'knocked'
        ? [...shutOut, found('otherAtTcp', closed, 'by UDP a node answers to this ID (discv5)')]
        : [found('keyDiffers', closed), ...shutOut];
    }
    case 'silent': {
      const silent = 'TCP was accepted (the kernel does that), and no ack came';
      if (hearsUdp(evidence)) return [found('otherAtTcp', silent, 'by UDP the node answers')];
      if (discv4.at === 'silent') return [found('frozen', silent, 'UDP is silent too')];
      return [found('frozen', silent), found('otherAtTcp', silent)];
    }
    case 'garbled':
      return [found('notRlpx', 'what came was no ack')];
  }
}

/** Ack, then the end, without a word: who is not on the list of a permissioned node or of a Raft cluster. */
function judgeWordless(evidence: Evidence): FoundCause[] {
  const { hello, discv4, url } = evidence;
  const hears = hearsUdp(evidence);
  const seen = `ack, then closed${hello.at === 'closed' ? ` ${Math.round(hello.ms)} ms after the dial` : ''}, no Hello and no Disconnect`;
  const permission = found('notPermitted', seen, ...(hears ? ['it answers by UDP: Raft nodes do not'] : []));
  if (hears) return [permission];
  const raftPort = url.at === 'read' && url.raftPort !== null;
  const raft = found(
    'raftNotMember',
    seen,
    ...(discv4.at === 'refused' ? ['UDP refused: Raft nodes run without discovery'] : []),
  );
  return raftPort || discv4.at === 'refused' ? [raft, permission] : [permission, raft];
}

/** What its Status says against the chain that it should be on. */
function judgeChain({ expected, status, stays }: Evidence): FoundCause[] {
  const told = status.at === 'disconnected' || stays.at === 'disconnected';
  const reason = status.at === 'disconnected' ? status.reason : stays.at === 'disconnected' ? stays.reason : null;
  const parted = told && reason === 0x10 ? ['Disconnect 0x10, a subprotocol'] : [];
  if (status.at !== 'read' || expected === null) {
    return parted.length === 0
      ? []
      : [
          found('genesisDiffers', ...parted),
          found('networkIdDiffers', ...parted),
          found('forkConfigStale', ...parted),
          found('ownForkIdRejected', ...parted),
        ];
  }
  const { genesisHash, networkId, forkId } = status;
  const networkText = `its Status has network id ${networkId}, ${expected.name} has ${expected.networkId}`;
  if (genesisHash !== expected.genesisHash) {
    return [
      found(
        'genesisDiffers',
        `its Status has genesis ${genesisHash}, ${expected.name} has ${expected.genesisHash}`,
        ...(networkId === expected.networkId ? [] : [networkText]),
        ...parted,
      ),
    ];
  }
  if (networkId !== expected.networkId)
    return [found('networkIdDiffers', networkText, 'its genesis is right', ...parted)];
  const fit = forkId === null ? 'right' : fitForkId(expected, forkId);
  // What is still to come on one side alone is compatible: who stays has said so.
  if (fit === 'ahead' && parted.length === 0) return [];
  if (forkId !== null && fit !== 'right') {
    const text = `its Status has fork ID ${forkIdText(forkId)}`;
    return [
      found(
        fit === 'stale' ? 'forkConfigStale' : 'forkConfigUnknown',
        text,
        'genesis and network id are right',
        ...parted,
      ),
    ];
  }
  if (parted.length > 0) return [found('ownForkIdRejected', 'its Status fits the chain in everything', ...parted)];
  return [];
}

/** What its record says of its chain, where the session has not got so far as to a Status. */
function judgeRecord({ enr, expected, status }: Evidence): FoundCause[] {
  if (status.at === 'read' || expected === null || enr.at !== 'read' || enr.forkId === null) return [];
  const text = `its record has fork ID ${forkIdText(enr.forkId)}`;
  switch (fitForkId(expected, enr.forkId)) {
    case 'right':
    case 'ahead':
      return [];
    case 'stale':
      return [found('forkConfigStale', text)];
    case 'unknown':
      return [found('genesisDiffers', text), found('forkConfigUnknown', text)];
  }
}

/** Never a cause: discv4 passes on the address that it sees, and a node may still learn its own. */
function judgeAddress({ enr }: Evidence): FoundCause[] {
  return enr.at === 'read' && enr.narrower !== null
    ? [found('recordMisleads', `its record has the address ${enr.narrower}`)]
    : [];
}

/** Whether the node answered by UDP, in either protocol: some speak discv5 alone. */
function hearsUdp({ discv4, discv5 }: Evidence): boolean {
  return discv4.at === 'answered' || discv5.at === 'knocked';
}

function keyDiffers({ discv4 }: Evidence, ...more: readonly string[]): FoundCause {
  const key = discv4.at === 'answered' ? discv4.key : '';
  return found('keyDiffers', `its PONG is signed by another key: ${key}`, ...more);
}

import type { RawAnswer, RawNode } from '../consortium/ask/parseNode.ts';
import type { RawRound } from '../consortium/ask/parseRound.ts';
import { type ModelNode, RaftModel, type RaftScenario } from './raftModel.ts';
import { seededRandom } from './seededRandom.ts';

/** What one node of the model answers to a method, in GoQuorum's words. */
export function answerMethod(model: RaftModel, node: ModelNode, method: string, params: readonly unknown[]): RawAnswer {
  switch (method) {
    case 'raft_role':
      return { result: node.removed ? '' : roleSeenBy(node, node) };
    case 'raft_leader': {
      const leader = model.nodes.find((member) => member.raftId === node.leader);
      if (leader === undefined) return { error: { code: -32000, message: 'no leader is currently elected' } };
      return { result: leader.nodeId };
    }
    case 'raft_cluster':
      return { result: node.removed ? [] : listMembers(model, node) };
    case 'eth_blockNumber':
      return { result: `0x${node.head.toString(16)}` };
    case 'txpool_status':
      return { result: { pending: `0x${node.pending.toString(16)}`, queued: '0x0' } };
    case 'net_peerCount':
      return { result: `0x${(model.members().length - 1).toString(16)}` };
    case 'net_version':
      return { result: '10' };
    case 'eth_chainId':
      return { result: '0xa' };
    case 'eth_getBlockByNumber':
      return { result: headerOf(model, node, params[0]) };
    default:
      return { error: { code: -32601, message: `the method ${method} does not exist/is not available` } };
  }
}

export interface RecordingOptions {
  /** When, in the scenario's time, the recording starts; its `t` counts from there. */
  readonly fromMs: number;
  readonly forMs: number;
  readonly intervalMs: number;
  /** Longest delay between the nodes of one round: rounds are not snapshots. */
  readonly skewMs: number;
  /** Share of answers that time out for no reason. */
  readonly lossShare: number;
}

const recordedMethods = [
  'raft_role',
  'raft_leader',
  'raft_cluster',
  'eth_blockNumber',
  'txpool_status',
  'net_peerCount',
];

/** Plays a scenario and records it as the poller would, with the noise of a real recording. */
export function recordScenario(scenario: RaftScenario, options: RecordingOptions): readonly RawRound[] {
  const model = new RaftModel(scenario);
  const random = seededRandom(scenario.seed ^ 0x5eed).next;
  const rounds: RawRound[] = [];
  for (let t = 0; t < options.forMs; t += options.intervalMs + Math.floor(random() * 40)) {
    const asked = model.nodes
      .map((node) => ({ node, at: t + random() * options.skewMs, lost: random() < options.lossShare }))
      .sort((a, b) => a.at - b.at);
    const nodes: [string, RawNode][] = asked.map(({ node, at, lost }) => {
      model.advance(options.fromMs + at);
      const failure = !node.running ? 'ECONNREFUSED' : node.frozenSince !== null || lost ? 'ETIMEDOUT' : null;
      const answers = recordedMethods.map((method): [string, RawAnswer] => [
        method,
        failure === null ? answerMethod(model, node, method, []) : { transportError: failure },
      ]);
      return [String(node.raftId), Object.fromEntries(answers)];
    });
    rounds.push({ t, nodes: Object.fromEntries(nodes) });
  }
  return rounds;
}

/** Peers first, the node itself last, as GoQuorum lists them. */
function listMembers(model: RaftModel, node: ModelNode): readonly unknown[] {
  const members = model.members();
  return [...members.filter((member) => member !== node), node].map((member) => ({
    raftId: member.raftId,
    nodeId: member.nodeId,
    p2pPort: 21_000 + member.raftId,
    raftPort: 50_400 + member.raftId,
    hostname: '127.0.0.1',
    role: roleSeenBy(node, member),
    nodeActive: member === node || model.streamUp(node, member),
  }));
}

function roleSeenBy(viewer: ModelNode, member: ModelNode): string {
  if (viewer.leader === null) return '';
  if (member.learner) return 'learner';
  return viewer.leader === member.raftId ? 'minter' : 'verifier';
}

function headerOf(model: RaftModel, node: ModelNode, tag: unknown): unknown {
  const number = tag === 'latest' ? node.head : Number(tag);
  const vanity = `0x${'00'.repeat(32)}`;
  const branch = node.divergedAbove !== null && number > node.divergedAbove ? node.raftId : 0;
  if (number === 0) return { number: '0x0', hash: hashOf(0, branch), timestamp: '0x0', extraData: vanity };
  const block = number <= node.head ? model.blocks[number - 1] : undefined;
  if (block === undefined) return null;
  const id = Buffer.from(block.raftId.toString(16), 'latin1').toString('hex');
  const text = id.length === 2 ? id : (0x80 + id.length / 2).toString(16) + id;
  const payload = `${text}b841${'5a'.repeat(65)}`;
  return {
    number: `0x${number.toString(16)}`,
    hash: hashOf(number, branch),
    timestamp: `0x${(BigInt(Math.round(model.startAt + block.timestampMs)) * 1_000_000n).toString(16)}`,
    extraData: `${vanity}f8${(payload.length / 2).toString(16)}${payload}`,
  };
}

/** `branch`: the only node that has it; 0 = shared by all. */
function hashOf(number: number, branch: number): string {
  return `0x${branch.toString(16).padStart(32, '0')}${number.toString(16).padStart(32, '0')}`;
}

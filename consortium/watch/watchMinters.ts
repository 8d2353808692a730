import type { Logger } from '../../p2p/ports.ts';
import { readChain } from '../ask/readChain.ts';
import { sameMember } from '../ask/round.ts';
import type { RpcClient } from '../ask/rpcClient.ts';
import type { JudgeConfig } from '../judge/judgeConfig.ts';
import { addChainChanges, type Judgement, type JudgeState } from '../judge/judgeRounds.ts';
import { type ChainPosition, chainEvents, chainStart, followChain, nextBlocks } from './followChain.ts';

/** Most headers read in one round: enough for a busy chain, and a back-fill that does not burden the nodes. */
const blocksPerRound = 100;

/** How far the chain's headers are read: while it catches up, changes may be missing. */
type ChainReading = { readonly at: 'catchingUp' | 'caughtUp'; readonly position: ChainPosition };

/** Follows who minted by the headers of a Raft chain. */
export class MintersWatch {
  readonly #clients: readonly RpcClient[];
  readonly #config: JudgeConfig;
  readonly #log: Logger;
  #reading: ChainReading = { at: 'caughtUp', position: chainStart };

  constructor(clients: readonly RpcClient[], config: JudgeConfig, log: Logger) {
    this.#clients = clients;
    this.#config = config;
    this.#log = log;
  }

  /** What a restarted watcher goes on from. */
  get position(): ChainPosition {
    return this.#reading.position;
  }

  resume(position: ChainPosition | null): void {
    this.#reading = { at: position?.block == null ? 'caughtUp' : 'catchingUp', position: position ?? chainStart };
  }

  /** Goes on through the node with the highest head among those that follow the leader; the judge, who counts the changes too. */
  async look(judgement: Judgement): Promise<{ readonly judge: JudgeState; readonly events: Judgement['events'] }> {
    const { tally, current, state: judge } = judgement;
    const leader = current?.state === 'confirmed' ? current.leader : null;
    const best = tally.nodes
      .flatMap(({ node, view }) => (view?.head == null ? [] : [{ node, head: view.head, leader: view.leader }]))
      .filter((seen) => leader === null || (seen.leader.at === 'named' && sameMember(seen.leader.leader, leader)))
      .sort((a, b) => b.head - a.head)[0];
    const client = this.#clients.find(({ endpoint }) => endpoint.name === best?.node);
    if (best === undefined || client === undefined) return { judge, events: [] };
    const numbers = nextBlocks(this.#reading.position, best.head, blocksPerRound);
    if (numbers.length === 0) {
      this.#reading = { ...this.#reading, at: 'caughtUp' };
      return { judge, events: [] };
    }
    const { cluster } = this.#config;
    const { blocks, problem } = await readChain(client, numbers);
    if (problem !== null) this.#log.debug('raft headers', { cluster, node: best.node, reason: problem });
    const before = this.#reading;
    const followed = followChain(before.position, blocks);
    const found = chainEvents(followed.changes, {
      cluster,
      detectedAt: tally.t,
      members: judge.membership ?? [],
      gap: before.at === 'catchingUp',
    });
    const isAtHead = followed.position.block === best.head;
    this.#reading = { at: isAtHead ? 'caughtUp' : before.at, position: followed.position };
    const { state, events } = addChainChanges(judge, found, tally.t, this.#config);
    return { judge: state, events };
  }
}

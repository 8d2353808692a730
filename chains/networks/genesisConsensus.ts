import { type GenesisConfig, isRecord, lowerOwn, readUint } from './genesisFile.ts';
import type { GenesisFamily } from './genesisForkTables.ts';
import type { ConsensusChange, ConsensusKind } from './networkFile.ts';

/** How the chain makes its blocks, from genesis on and after each change, as far as its configuration shows. */
export function readConsensus(
  config: GenesisConfig,
  family: GenesisFamily,
): { readonly consensus: ConsensusKind; readonly changes: readonly ConsensusChange[] } {
  const changes = readChanges(config, family);
  const [first, ...later] = changes;
  if (first !== undefined && first.block === 0n) return { consensus: first.consensus, changes: later };
  return { consensus: atGenesis(config), changes };
}

function atGenesis(config: GenesisConfig): ConsensusKind {
  if (isRecord(config.ibft2)) return 'ibft2';
  if (isRecord(config.ibft) || isRecord(config.istanbul)) return 'ibft1';
  if (isRecord(config.qbft)) return 'qbft';
  if (isRecord(config.parlia)) return 'parlia';
  if (isRecord(config.bor)) return 'bor';
  if (isRecord(config.optimism)) return 'optimism';
  if (isRecord(config.consortium)) return 'consortium';
  if (config.terminaltotaldifficultypassed === true || readUint(config.terminaltotaldifficulty) === 0n) return 'pos';
  if (isRecord(config.clique)) return 'clique';
  return config.isquorum === true ? 'raft' : 'pow';
}

/** Ascending by block. */
function readChanges(config: GenesisConfig, family: GenesisFamily): ConsensusChange[] {
  const changes: ConsensusChange[] = [];
  const toQbft = (block: bigint | null) => {
    if (block !== null) changes.push({ block, consensus: 'qbft' });
  };
  // GoQuorum: `transitions` names the algorithm from a block on; before, `istanbul.testQBFTBlock` did.
  if (Array.isArray(config.transitions)) {
    for (const transition of config.transitions) {
      const { algorithm, block } = isRecord(transition) ? lowerOwn(transition) : {};
      const at = readUint(block);
      if (typeof algorithm !== 'string' || at === null) continue;
      if (algorithm.toLowerCase() === 'qbft') toQbft(at);
      if (['ibft', 'istanbul'].includes(algorithm.toLowerCase())) changes.push({ block: at, consensus: 'ibft1' });
    }
  }
  if (isRecord(config.istanbul)) toQbft(readUint(lowerOwn(config.istanbul).testqbftblock));
  // Besu: both sections, QBFT with the block from which on it holds.
  if (family === 'besu' && isRecord(config.qbft) && (isRecord(config.ibft2) || isRecord(config.ibft))) {
    toQbft(readUint(lowerOwn(config.qbft).startblock));
  }
  return changes.sort((a, b) => (a.block < b.block ? -1 : 1));
}

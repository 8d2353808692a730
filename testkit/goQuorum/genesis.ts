import { bytesToHex } from '../../p2p/wire/bytes.ts';

/** The chain's consensus engine. */
export type GoQuorumConsensus = 'raft' | 'ibft' | 'qbft' | 'clique';

/** "critical byzantine fault tolerance": marks a block of IBFT and QBFT. */
const byzantineMix = '0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365';
const vanity = '00'.repeat(32);

/**
 * A genesis file in which `sealers`, 20 bytes each, seal, a block every `period` seconds. Raft needs none. Clique of period 0
 * seals for transactions alone.
 */
export function makeGenesis(consensus: GoQuorumConsensus, sealers: readonly Uint8Array[], period: number): unknown {
  const set = sealers.map(bytesToHex).sort();
  return {
    alloc: {},
    coinbase: `0x${'00'.repeat(20)}`,
    config: {
      chainId: 10,
      homesteadBlock: 0,
      eip150Block: 0,
      eip155Block: 0,
      eip158Block: 0,
      byzantiumBlock: 0,
      constantinopleBlock: 0,
      petersburgBlock: 0,
      istanbulBlock: 0,
      isQuorum: true,
      maxCodeSizeConfig: [{ block: 0, size: 35 }],
      ...engineOf(consensus, period),
    },
    difficulty: consensus === 'raft' ? '0x0' : '0x1',
    extraData: `0x${extraData(consensus, set)}`,
    gasLimit: '0xE0000000',
    mixhash: consensus === 'ibft' || consensus === 'qbft' ? byzantineMix : `0x${'00'.repeat(32)}`,
    nonce: '0x0',
    parentHash: `0x${'00'.repeat(32)}`,
    timestamp: consensus === 'raft' ? '0x00' : '0x5b3d9230',
  };
}

/** A turn is given up after two periods, as in the files that GoQuorum's own tool makes. */
function engineOf(consensus: GoQuorumConsensus, period: number): object {
  if (consensus === 'raft') return {};
  if (consensus === 'clique') return { clique: { period, epoch: 30_000 } };
  const times = { blockperiodseconds: period, requesttimeoutseconds: 2 * period };
  return { [consensus]: { epochlength: 30_000, ...times, policy: 0, ceil2Nby3Block: 0 } };
}

function extraData(consensus: GoQuorumConsensus, set: readonly string[]): string {
  const addresses = list(set.map(text).join(''));
  switch (consensus) {
    case 'raft':
      return vanity;
    case 'ibft':
      return vanity + list(addresses + text('00'.repeat(65)) + list(''));
    case 'qbft':
      // vanity, validators, no vote, round 0, no seals
      return list(text(vanity) + addresses + list('') + text('') + list(''));
    case 'clique':
      return `${vanity}${set.join('')}${'00'.repeat(65)}`;
  }
}

/** RLP of a byte string given in hexadecimal; not for single bytes. */
function text(hex: string): string {
  return prefix(0x80, hex);
}

function list(payload: string): string {
  return prefix(0xc0, payload);
}

function prefix(offset: number, hex: string): string {
  const size = hex.length / 2;
  if (size < 56) return (offset + size).toString(16) + hex;
  const length = size.toString(16).padStart(size < 256 ? 2 : 4, '0');
  return (offset + 55 + length.length / 2).toString(16) + length + hex;
}

import { type GenesisConfig, type GenesisFork, isRecord, readUint } from './genesisFile.ts';
import { coreGethEthashForks } from './genesisForkTables.ts';

/** Sum of the bomb delays, and block reward (null: any), from which on core-geth takes a delay as active. */
const bombDelays: readonly (readonly [string, bigint, bigint | null])[] = [
  ['EIP-1234', 5_000_000n, 2n * 10n ** 18n],
  ['EIP-2384', 9_000_000n, null],
  ['EIP-3554', 9_700_000n, null],
  ['EIP-4345', 10_700_000n, null],
  ['EIP-5133', 11_400_000n, null],
];

/** Heights that mean never. */
const never: ReadonlySet<bigint> = new Set([2n ** 55n - 1n, 2n ** 63n - 1n, 2n ** 64n - 1n]);

/**
 * The transitions that core-geth counts (`confp.BlockForks`, `TimeForks`): beyond what the keys say, the end of
 * ECIP-1010's pause and the bomb delays, and without those of Ethash where another engine mines.
 * @param forks by key in lower case, as the file has them
 */
export function coreGethForks(config: GenesisConfig, forks: readonly (GenesisFork & { key: string })[]): GenesisFork[] {
  const ethash = isRecord(config.ethash);
  const counted: GenesisFork[] = forks.filter(({ key }) => ethash || !(key in coreGethEthashForks));
  const pause = readUint(config.ecip1010pauseblock);
  const length = readUint(config.ecip1010length);
  if (ethash && pause !== null && length !== null) {
    counted.push({ name: 'ECIP-1010 ends', kind: 'block', at: pause + length });
  }
  if (ethash) counted.push(...bombForks(config));
  return mergeMoments(counted.filter(({ at }) => !never.has(at)));
}

function bombForks(config: GenesisConfig): GenesisFork[] {
  const delays = readHeights(config.difficultybombdelays);
  const rewards = isRecord(config.blockreward) ? new Map(readHeights(config.blockreward)) : null;
  const from = (sum: bigint, reward: bigint | null): bigint | null => {
    let total = 0n;
    for (const [height, delay] of delays) {
      total += delay;
      if (total < sum) continue;
      return reward === null || rewards === null || rewards.get(height) === reward ? height : null;
    }
    return null;
  };
  const found = bombDelays.flatMap(([name, sum, reward]): GenesisFork[] => {
    const at = from(sum, reward);
    return at === null ? [] : [{ name, kind: 'block', at }];
  });
  const byzantium = from(3_000_000n, 3n * 10n ** 18n);
  return byzantium === null ? found : [{ name: 'EIP-649', kind: 'block', at: byzantium }, ...found];
}

/** A map of heights in hex or decimal to amounts, ascending. */
function readHeights(map: unknown): [bigint, bigint][] {
  if (!isRecord(map)) return [];
  return Object.entries(map)
    .flatMap(([key, value]): [bigint, bigint][] => {
      const height = readUint(key);
      const amount = readUint(value);
      return height === null || amount === null ? [] : [[height, amount]];
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** One fork a moment: a dozen proposals come into force together. */
function mergeMoments(forks: readonly GenesisFork[]): GenesisFork[] {
  const moments = new Map<string, GenesisFork[]>();
  for (const fork of forks) {
    const moment = `${fork.kind} ${fork.at}`;
    moments.set(moment, [...(moments.get(moment) ?? []), fork]);
  }
  return [...moments.values()].flatMap((together) => {
    const [first] = together;
    if (first === undefined) return [];
    const names = [...new Set(together.map(({ name }) => name))];
    const rest = names.length > 3 ? [...names.slice(0, 2), `${names.length - 2} more`] : names;
    return [{ ...first, name: rest.join(', ') }];
  });
}

import { coreGethForks } from './genesisCoreGeth.ts';
import { type GenesisConfig, type GenesisFork, isRecord, readUint } from './genesisFile.ts';
import { forkTables, type GenesisFamily } from './genesisForkTables.ts';

export interface ReadForks {
  readonly forks: readonly GenesisFork[];
  /** Keys in lower case that look like forks and do not count in this family. */
  readonly ignored: readonly string[];
  /** Keys in lower case that look like forks of no client that is known; never one that lies before the first block. */
  readonly unknown: readonly string[];
  /** Values that are neither a block number nor a time, and what contradicts itself. */
  readonly problems: readonly { readonly key: string; readonly problem: string }[];
}

/**
 * The forks of a genesis configuration that count for the fork ID by the rules of a family.
 * @param config `config` with lower-case keys
 * @param genesisTime seconds
 * @param also keys in lower case that the user wants counted although no family is known to count them
 */
export function readForks(
  config: GenesisConfig,
  family: GenesisFamily,
  genesisTime: bigint,
  also: ReadonlySet<string>,
): ReadForks {
  const { counted, known } = forkTables[family];
  const forks: (GenesisFork & { key: string })[] = [];
  const ignored: string[] = [];
  const unknown: string[] = [];
  const problems: { key: string; problem: string }[] = [];
  for (const [key, value] of [...Object.entries(config), ...baseForks(config, family)]) {
    const kind = key.endsWith('block') ? 'block' : key.endsWith('time') ? 'time' : null;
    if (kind === null || value === null || value === undefined) continue;
    const at = readUint(value);
    const name = counted[key] ?? baseName(key) ?? (also.has(key) ? key.replace(/(block|time)$/, '') : undefined);
    if (name === undefined) {
      if (known.has(key) || (at !== null && at <= (kind === 'time' ? genesisTime : 0n))) ignored.push(key);
      else if (at !== null) unknown.push(key);
    } else if (at === null) problems.push({ key, problem: 'expected a whole number from 0' });
    else forks.push({ key, name, kind, at });
  }
  if (family === 'besu' && 'petersburgblock' in config && 'constantinoplefixblock' in config) {
    problems.push({ key: 'constantinoplefixblock', problem: 'Besu takes this or petersburgBlock, not both' });
  }
  if (family === 'coregeth') return { forks: coreGethForks(config, forks), ignored, unknown, problems };
  return { forks: forks.map(({ name, kind, at }) => ({ name, kind, at })), ignored: news(ignored), unknown, problems };

  /** Without what changes nothing: Besu knows EIP-155 as a part of EIP-158. */
  function news(keys: readonly string[]): string[] {
    if (family !== 'besu') return [...keys].filter((key) => key !== 'qip714block');
    return keys.filter((key) => key !== 'eip155block' || readUint(config.eip155block) !== readUint(config.eip158block));
  }
}

/** Base keeps the forks that only it has in `config.base`, by name or by number: all count. */
function baseForks(config: GenesisConfig, family: GenesisFamily): [string, unknown][] {
  if (family !== 'op' || !isRecord(config.base)) return [];
  return Object.entries(config.base).map(([name, at]) => [`base ${name.toLowerCase()} time`, at]);
}

const baseNames: Readonly<Record<string, string>> = { v1: 'Azul', v2: 'Beryl', v3: 'Cobalt' };

function baseName(key: string): string | undefined {
  const name = /^base (\w+) time$/.exec(key)?.[1];
  return name === undefined ? undefined : (baseNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1));
}

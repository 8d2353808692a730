import { createMPT } from '@ethereumjs/mpt';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import { encodeRlp, type RlpInput } from '../../p2p/wire/rlp.ts';
import type { GenesisAccount, GenesisFile } from './genesisFile.ts';
import type { GenesisFamily } from './genesisForkTables.ts';
import { emptyListHash, emptyRoot, headerExtras } from './genesisHeader.ts';

/** What geth uses for a gas limit of 0. */
const defaultGasLimit = 4_712_388n;
/** What geth uses if a proof-of-work genesis gives no difficulty. */
const defaultDifficulty = 131_072n;
/** The OP stack's L2ToL1MessagePasser. */
const messagePasser = '4200000000000000000000000000000000000016';

const trieOptions = { useKeyHashing: true, useKeyHashingFunction: keccak256 };

/** Root of the state that a genesis file allocates (Yellow Paper 4.1). */
export async function allocStateRoot(alloc: Readonly<Record<string, GenesisAccount>>): Promise<Uint8Array> {
  const trie = await createMPT(trieOptions);
  for (const [address, account] of Object.entries(alloc)) {
    const code = account.code ?? new Uint8Array();
    const storageRoot = await storageTrieRoot(account.storage ?? {});
    await trie.put(
      hexToBytes(address.replace(/^0[xX]/, '')),
      encodeRlp([account.nonce ?? 0n, account.balance, storageRoot, keccak256(code)]),
    );
  }
  return trie.root();
}

async function storageTrieRoot(storage: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const trie = await createMPT(trieOptions);
  for (const [key, word] of Object.entries(storage)) {
    const value = BigInt(`0x${bytesToHex(word)}`);
    if (value === 0n) continue;
    await trie.put(hexToBytes(key.replace(/^0x/, '').padStart(64, '0')), encodeRlp(value));
  }
  return trie.root();
}

/**
 * Hash of the genesis block: the header as the family's client makes it from the file, with the fields of every fork
 * that is active from the start. IBFT and QBFT hash headers without committed seals, and a genesis has none.
 */
export async function genesisBlockHash(file: GenesisFile, family: GenesisFamily): Promise<Uint8Array> {
  const fields: RlpInput[] = [
    file.parenthash ?? new Uint8Array(32),
    emptyListHash,
    file.coinbase ?? new Uint8Array(20),
    file.statehash ?? (await allocStateRoot(file.alloc)),
    emptyRoot,
    emptyRoot,
    new Uint8Array(256),
    file.difficulty ?? missingDifficulty(file),
    family === 'besu' ? 0n : (file.number ?? 0n),
    file.gaslimit === 0n && family !== 'besu' ? defaultGasLimit : file.gaslimit,
    family === 'besu' ? 0n : (file.gasused ?? 0n),
    file.timestamp ?? 0n,
    file.extradata ?? new Uint8Array(),
    file.mixhash ?? new Uint8Array(32),
    nonceBytes(file.nonce ?? 0n),
    ...headerExtras(file, family, await passerRoot(file, family)),
  ];
  return keccak256(encodeRlp(fields));
}

/** Storage root of the contract that holds the withdrawals of an OP stack chain. */
async function passerRoot(file: GenesisFile, family: GenesisFamily): Promise<Uint8Array> {
  if (family !== 'op') return emptyRoot;
  const [, account] =
    Object.entries(file.alloc).find(([address]) => address.replace(/^0[xX]/, '') === messagePasser) ?? [];
  return storageTrieRoot(account?.storage ?? {});
}

function missingDifficulty(file: GenesisFile): bigint {
  return file.config.ethash === undefined ? 0n : defaultDifficulty;
}

function nonceBytes(nonce: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, nonce);
  return bytes;
}

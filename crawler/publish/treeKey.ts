import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { reasonOf, SettingsError } from '../../lib/errors.ts';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';

class TreeKeyError extends SettingsError<{ code: 'treeKeyInvalid'; file: string }> {}

export interface TreeKey {
  /** 32 bytes, secret. */
  readonly privateKey: Uint8Array;
  readonly isNew: boolean;
}

/**
 * The key that signs a list: 64 hex digits in a file that nobody else may read (as geth's `devp2p key generate` writes it).
 * One is made where there is none: whoever follows the list knows it by this key.
 * @throws TreeKeyError where it cannot be read, is no key, or others may read it
 */
export function loadTreeKey(file: string, curve: Curve, randomKey: () => Uint8Array): TreeKey {
  const fail = (problem: string): never => {
    throw new TreeKeyError({ code: 'treeKeyInvalid', file }, `${file} ${problem}`);
  };
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) return { privateKey: makeKey(file, curve, randomKey), isNew: true };
    if ((stat.mode & 0o077) !== 0) return fail(`holds a secret that others may read; chmod 600 ${file}`);
    const hex = readFileSync(file, 'utf8').trim();
    const key = /^[0-9a-f]{64}$/i.test(hex) ? hexToBytes(hex.toLowerCase()) : null;
    if (key === null || !curve.isPrivateKey(key))
      return fail('is no key: it must hold 64 hex digits. Name another file to have one made');
    return { privateKey: key, isNew: false };
  } catch (error) {
    if (error instanceof TreeKeyError) throw error;
    return fail(`cannot be read or made: ${reasonOf(error)}`);
  }
}

function makeKey(file: string, curve: Curve, randomKey: () => Uint8Array): Uint8Array {
  let key = randomKey();
  while (!curve.isPrivateKey(key)) key = randomKey();
  mkdirSync(dirname(file), { recursive: true });
  // `wx`: a key is never overwritten.
  writeFileSync(file, `${bytesToHex(key)}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ForkscopeError } from '../../lib/errors.ts';
import { bytesToHex, hexToBytes } from '../../p2p/wire/bytes.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';

/** One of our keys, and the sequence number of the record that it signed last. */
export interface Identity {
  /** 32 bytes, secret. */
  readonly privateKey: Uint8Array;
  /** 64 bytes. */
  readonly publicKey: Uint8Array;
  readonly enrSeq: bigint;
  /** The content of the last record, as text; a record with other content gets the next number. */
  readonly enrContent: string;
}

export class IdentityError extends ForkscopeError<{ code: 'identityFile'; path: string }> {}

/**
 * Reads the identity stored at `path`, or makes one with `randomKey` and stores it (mode 0600), so that the network
 * recognises us after a restart.
 * @throws IdentityError if the file exists but is not an identity: it is never overwritten
 */
export async function loadIdentity(path: string, curve: Curve, randomKey: () => Uint8Array): Promise<Identity> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new IdentityError({ code: 'identityFile', path }, `cannot read the identity file ${path}: ${error.message}`);
  });
  if (text !== null) return parseIdentity(text, path, curve);
  let privateKey = randomKey();
  while (!curve.isPrivateKey(privateKey)) privateKey = randomKey();
  const identity: Identity = { privateKey, publicKey: curve.publicKey(privateKey), enrSeq: 0n, enrContent: '' };
  await saveIdentity(path, identity);
  return identity;
}

/** The identity, with a new sequence number if `content` differs from its last record; stored on disk. */
export async function withEnrContent(path: string, identity: Identity, content: string): Promise<Identity> {
  if (identity.enrContent === content && identity.enrSeq > 0n) return identity;
  const next: Identity = { ...identity, enrSeq: identity.enrSeq + 1n, enrContent: content };
  await saveIdentity(path, next);
  return next;
}

function parseIdentity(text: string, path: string, curve: Curve): Identity {
  const fail = (): never => {
    throw new IdentityError(
      { code: 'identityFile', path },
      `${path} is not an identity file; move it away to get a new identity, or put the right one back`,
    );
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail();
  }
  if (typeof value !== 'object' || value === null) return fail();
  const { privateKey, enrSeq, enrContent } = value as Record<string, unknown>;
  if (typeof privateKey !== 'string' || !/^[0-9a-f]{64}$/.test(privateKey)) return fail();
  if (typeof enrSeq !== 'string' || !/^\d{1,19}$/.test(enrSeq) || typeof enrContent !== 'string') return fail();
  const key = hexToBytes(privateKey);
  if (!curve.isPrivateKey(key)) return fail();
  return { privateKey: key, publicKey: curve.publicKey(key), enrSeq: BigInt(enrSeq), enrContent };
}

/** Written to another file and renamed, so that a crash leaves the old file or the new one. */
async function saveIdentity(path: string, identity: Identity): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.new`;
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(
      `${JSON.stringify({
        privateKey: bytesToHex(identity.privateKey),
        enrSeq: String(identity.enrSeq),
        enrContent: identity.enrContent,
      })}\n`,
    );
    await file.sync();
  } finally {
    await file.close();
  }
  await chmod(beside, 0o600);
  await rename(beside, path);
}

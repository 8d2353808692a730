import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hexToBytes } from '../../p2p/wire/bytes.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { Callee } from '../simulatedNetwork/nodeServing.ts';

/** The identities of a crawler at `ip`, from the files of its keys; empty while it has none. */
export function readCallees(
  curve: Curve,
  dataDir: string,
  { ip, port, networks }: { readonly ip: string; readonly port: number; readonly networks: readonly string[] },
): Callee[] {
  return [null, ...networks].flatMap((network, offset): Callee[] => {
    const path = join(dataDir, 'keys', `${network ?? 'discovery'}.json`);
    if (!existsSync(path)) return [];
    const { privateKey }: { privateKey: string } = JSON.parse(readFileSync(path, 'utf8'));
    const id = curve.publicKey(hexToBytes(privateKey));
    return [{ contact: { id, ip, udp: port + offset, tcp: port + offset }, network }];
  });
}

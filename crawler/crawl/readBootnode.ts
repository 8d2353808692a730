import type { BootnodeProblemCode } from '../../lib/bootnodeProblem.ts';
import { ForkscopeError } from '../../lib/errors.ts';
import { readEnodeUrl } from '../../p2p/wire/enodeUrl.ts';
import { type Enr, parseEnr } from '../../p2p/wire/enr.ts';
import type { NodeEndpoint } from '../../p2p/wire/nodeEndpoint.ts';
import { readPlaces } from '../../p2p/wire/readPlaces.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';

/** What the text of a bootnode says, before any name is looked up and any address is judged. */
export type ReadBootnode =
  | {
      readonly at: 'endpoints';
      readonly id: Uint8Array;
      readonly endpoints: readonly [NodeEndpoint, ...NodeEndpoint[]];
    }
  | { readonly at: 'name'; readonly id: Uint8Array; readonly name: string; readonly udp: number; readonly tcp: number }
  | { readonly at: 'unusable'; readonly code: BootnodeProblemCode };

/** Reads an `enode://` URL or an `enr:` record as it stands in files of nodes: quoted, with a comma or a comment after it. */
export function readBootnode(curve: Curve, written: string): ReadBootnode {
  const text = tidy(written);
  if (/^enr:/i.test(text)) return readRecord(curve, text);
  if (/^enrtree:/i.test(text)) return { at: 'unusable', code: 'dnsList' };
  const parts = readEnodeUrl(text);
  if (typeof parts === 'string') return { at: 'unusable', code: parts };
  const { id, host, udp, tcp } = parts;
  if (unless(() => curve.compress(id)) === null) return { at: 'unusable', code: 'keyInvalid' };
  if (host.at === 'name') return { at: 'name', id, name: host.name, udp, tcp };
  return { at: 'endpoints', id, endpoints: [{ ip: host.ip, udp, tcp }] };
}

function tidy(text: string): string {
  return text
    .trim()
    .replace(/^(["'])(.*?)\1/, '$2')
    .replace(/\s+(#|\/\/).*$/, '')
    .replace(/[\s,;]+$/, '');
}

function readRecord(curve: Curve, text: string): ReadBootnode {
  const enr = unless(() => parseEnr(curve, `enr:${text.slice(4).replace(/=+$/, '')}`));
  return enr === null ? { at: 'unusable', code: 'recordInvalid' } : placesOf(enr);
}

/** Where a record says that its node is. */
export function placesOf(enr: Enr): ReadBootnode {
  const places = readPlaces(enr);
  if (places.length === 0) return { at: 'unusable', code: 'addressMissing' };
  const [first, ...others] = places.filter(({ udp, tcp }) => udp > 0 || tcp > 0);
  if (first === undefined) return { at: 'unusable', code: 'portMissing' };
  return { at: 'endpoints', id: enr.id, endpoints: [first, ...others] };
}

/** null where the text or the key is at fault. */
function unless<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof ForkscopeError) return null;
    throw error;
  }
}

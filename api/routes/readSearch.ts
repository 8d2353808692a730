import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import { badParameter } from '../http/errors.ts';
import type { HexRange } from '../queries/selectNodes.ts';

/** What a search field holds, read as far as it can be without the database. */
export type Search =
  | { readonly at: 'address'; readonly ip: string; readonly port: number | null }
  /** The start of a node ID: of the public key, or, up to its length, of its keccak256. Maybe also part of a client string. */
  | { readonly at: 'id'; readonly ids: HexRange; readonly hashes: HexRange | null; readonly words: string | null }
  /** The start of a record's text. */
  | { readonly at: 'record'; readonly text: string }
  /** Part of a client string: a name, a label, a version. */
  | { readonly at: 'words'; readonly words: string };

/** Hex digits of a node ID, and of its hash, by which geth names nodes in logs, `admin.peers` and nodes.json. */
const idLength = 128;
const hashLength = 64;
/** Shorter hex is the start of an ID only; as a part of client strings it would be in most of them. */
const minWordDigits = 4;

/**
 * What people paste into a search field: an address with or without its port, an enode URL, a record (enr:…), the start
 * of a node ID, or words of a client string. Throws ApiError.
 */
export function readSearch(text: string, maskIps: boolean): Search {
  // Some copy what a page or a log has shortened.
  const trimmed = text.trim().replace(/(?:…|\.\.\.)$/, '');
  const address = readAddress(trimmed);
  if (address !== null) {
    if (maskIps)
      throw badParameter('q', 'this site does not show node addresses, so nodes cannot be searched by address');
    return { at: 'address', ...address };
  }
  if (/^enr:/i.test(trimmed)) return readRecord(`enr:${trimmed.slice(4)}`);
  const [, url, digits] = /^(enode:\/\/|0x)?([0-9a-f]{2,128})(?:@[^@]*)?$/i.exec(trimmed) ?? [];
  if (digits !== undefined) {
    const hex = digits.toLowerCase();
    return {
      at: 'id',
      ids: rangeOf(hex, idLength),
      hashes: hex.length > hashLength ? null : rangeOf(hex, hashLength),
      words: url === undefined && hex.length >= minWordDigits ? trimmed : null,
    };
  }
  if (trimmed.length < 2 || /^[0-9.:[\]]+$/.test(trimmed) || /^(?:enode:|(?:0x)?[0-9a-f]{129,}$)/i.test(trimmed)) {
    const wanted =
      'an IP address, with or without its port, an enode URL, a record (enr:…), the first digits of a node ID';
    throw badParameter('q', `give ${wanted}, or words of a client string`);
  }
  return { at: 'words', words: trimmed };
}

function readAddress(text: string): { readonly ip: string; readonly port: number | null } | null {
  const bare = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
  if (bare !== null) return { ip: formatIp(bare) ?? text, port: null };
  const [, host6, host4, digits] = /^(?:\[([^\]]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = host6 ?? host4;
  const address = host === undefined ? null : parseIp(host);
  const port = Number(digits);
  if (host === undefined || address === null || port > 65_535) return null;
  return { ip: formatIp(address) ?? host, port };
}

/** As a record holds its key (EIP-778): the key's name, then 33 bytes, of which the last 32 begin the node ID. */
const keyEntry = Buffer.from('\x89secp256k1\xa1', 'latin1');

/** A whole record says its node's key, whatever else has changed in it since; part of one can only be compared. */
function readRecord(text: string): Search {
  const bytes = Buffer.from(text.slice(4), 'base64url');
  const at = bytes.indexOf(keyEntry);
  const key = at < 0 ? bytes.subarray(0, 0) : bytes.subarray(at + keyEntry.length + 1, at + keyEntry.length + 33);
  if (key.length < 32) return { at: 'record', text };
  return { at: 'id', ids: rangeOf(key.toString('hex'), idLength), hashes: null, words: null };
}

function rangeOf(prefix: string, length: number): HexRange {
  return { first: bytes(prefix.padEnd(length, '0')), last: bytes(prefix.padEnd(length, 'f')) };
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

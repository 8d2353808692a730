import type { AddressScope, UrlEvidence } from '../chains/diagnose/evidence.ts';
import { classifyIp, formatIp, parseIp } from '../lib/ipAddress.ts';
import { readEnodeUrl } from '../p2p/wire/enodeUrl.ts';
import { parseEnr, readEnr } from '../p2p/wire/enr.ts';
import { WireError } from '../p2p/wire/errors.ts';
import { endpointsOf } from '../p2p/wire/readPlaces.ts';
import type { Curve } from '../p2p/wire/secp256k1.ts';

/** Whom to probe. */
export interface Target {
  /** Public key, 64 bytes; null = only the address is known. */
  readonly id: Uint8Array | null;
  /** Canonical address, or a host name in lower case. */
  readonly host: string;
  /** 0 = none. */
  readonly udp: number;
  readonly tcp: number;
}

interface ReadTarget {
  readonly url: UrlEvidence;
  /** null = there is nothing to send to. */
  readonly target: Target | null;
}

const defaultPort = 30_303;

const problems: Readonly<Record<string, string>> = {
  notNodeUrl: 'it is no enode:// URL, no enr: record and no host',
  keyInvalid: 'its key is not 128 hexadecimal digits',
  addressMissing: 'it has a key and no address: add @IP:PORT',
  hostInvalid: 'its host is neither an address nor a name; IPv6 stands in brackets',
  portMissing: 'it has no port',
  portInvalid: 'its port is not a number from 1 to 65535',
};

/** Reads an enode URL, a record, or `host[:port]`. Never throws: what is wrong is part of what is found out. */
export function readTarget(text: string, curve: Curve): ReadTarget {
  if (/^enr:/i.test(text)) return readRecord(text, curve);
  if (/^enode:/i.test(text) || /^[0-9a-f]{128}/i.test(text)) return readUrl(text);
  // A host is read as the host of a URL is.
  const withPort = /^(\[.*\]|[^:]*):\d+$/.test(text)
    ? text
    : `${/^[^[].*:.*:/.test(text) ? `[${text}]` : text}:${defaultPort}`;
  const parts = readEnodeUrl(`enode://${'0'.repeat(128)}@${withPort}`);
  if (typeof parts === 'string') return unusable(parts === 'addressMissing' ? 'notNodeUrl' : parts);
  const host = parts.host.at === 'ip' ? parts.host.ip : parts.host.name;
  return readAs('address', { id: null, host, udp: parts.udp, tcp: parts.tcp }, null);
}

function readUrl(text: string): ReadTarget {
  const parts = readEnodeUrl(text);
  if (typeof parts === 'string') return unusable(parts);
  const raft = new URLSearchParams(/\?([^#]*)/.exec(text)?.[1] ?? '').get('raftport');
  const host = parts.host.at === 'ip' ? parts.host.ip : parts.host.name;
  const raftPort = raft !== null && /^\d{1,5}$/.test(raft) ? Number(raft) : null;
  return readAs('enode', { id: parts.id, host, udp: parts.udp, tcp: parts.tcp }, raftPort);
}

function readRecord(text: string, curve: Curve): ReadTarget {
  try {
    const enr = parseEnr(curve, text);
    const [place] = endpointsOf(readEnr(enr));
    if (place === undefined) return unusable('addressMissing', 'the record names no address');
    return readAs('enr', { id: enr.id, host: place.ip, udp: place.udp, tcp: place.tcp }, null);
  } catch (error) {
    if (error instanceof WireError)
      return unusable(error.code, `the record cannot be read or is signed wrongly (${error.code})`);
    throw error;
  }
}

function readAs(form: 'enode' | 'enr' | 'address', target: Target, raftPort: number | null): ReadTarget {
  const { udp, tcp } = target;
  return { url: { at: 'read', form, scope: scopeOf(target.host), udp, tcp, raftPort }, target };
}

/** The scope of an address or a name. */
function scopeOf(host: string): AddressScope {
  const bytes = parseIp(host);
  if (bytes === null) return 'name';
  const text = formatIp(bytes);
  return text === '0.0.0.0' || text === '::' ? 'unspecified' : classifyIp(bytes);
}

function unusable(problem: string, text = problems[problem] ?? problem): ReadTarget {
  return { url: { at: 'unusable', problem: text }, target: null };
}

import { formatIp, parseIp } from '../../lib/ipAddress.ts';
import { hexToBytes } from './bytes.ts';
import { WireError } from './errors.ts';
import type { NodeContact } from './nodeEndpoint.ts';

/** What an enode URL says, before any name is looked up. Port 0 = none. */
export interface EnodeParts {
  /** 64 bytes; whether they are a key on the curve is not checked. */
  readonly id: Uint8Array;
  readonly host: { readonly at: 'ip'; readonly ip: string } | { readonly at: 'name'; readonly name: string };
  readonly udp: number;
  readonly tcp: number;
}

/** Why a text cannot be used as an enode URL. */
export type EnodeProblem =
  | 'notNodeUrl'
  | 'keyInvalid'
  | 'addressMissing'
  | 'hostInvalid'
  | 'portMissing'
  | 'portInvalid';

const authorityPattern = /^(\[[^\]]*\]|[^:/?#]*)(?::([^/?#]*))?\/?(?:\?([^#]*))?(?:#.*)?$/;

/**
 * Reads `enode://<key>@<host>:<tcp>[?discport=<udp>]` (ethereum.org, "Network addresses") as clients do: the host may be a
 * name, other parameters (GoQuorum's `raftport`) are passed over. Without `discport` the UDP port is the TCP port.
 */
export function readEnodeUrl(text: string): EnodeParts | EnodeProblem {
  const [, afterScheme] = /^enode:\/\/(.*)$/i.exec(text) ?? [];
  // geth takes a key alone for a node whose address discovery must find.
  const rest = afterScheme ?? (/^[0-9a-f]{128}$/i.test(text) ? text : null);
  if (rest === null) return 'notNodeUrl';
  const at = rest.indexOf('@');
  const key = at < 0 ? rest.replace(/[/?#].*$/, '') : rest.slice(0, at);
  if (!/^[0-9a-f]{128}$/i.test(key)) return 'keyInvalid';
  if (at < 0 || rest.length === at + 1) return 'addressMissing';
  const [, hostText, tcpText, query = ''] = authorityPattern.exec(rest.slice(at + 1)) ?? [];
  if (hostText === undefined) return 'hostInvalid';
  if (hostText === '') return 'addressMissing';
  const host = readHost(hostText);
  if (host === null || tcpText?.includes(':') === true) return 'hostInvalid';
  if (tcpText === undefined || tcpText === '') return 'portMissing';
  const tcp = readPort(tcpText);
  const discport = new URLSearchParams(query).get('discport');
  const udp = discport === null ? tcp : readPort(discport);
  if (tcp === null || udp === null || (tcp === 0 && udp === 0)) return 'portInvalid';
  return { id: hexToBytes(key), host, udp, tcp };
}

/**
 * The node of an enode URL with an IP address.
 * @throws WireError enodeText
 */
export function parseEnode(text: string): NodeContact {
  const parts = readEnodeUrl(text);
  if (typeof parts === 'string' || parts.host.at !== 'ip') throw new WireError({ code: 'enodeText' });
  return { id: parts.id, ip: parts.host.ip, udp: parts.udp, tcp: parts.tcp };
}

function readHost(text: string): EnodeParts['host'] | null {
  const bytes = parseIp(text.replace(/^\[(.*)\]$/, '$1'));
  const ip = bytes === null ? null : formatIp(bytes);
  if (ip !== null) return { at: 'ip', ip };
  return isHostName(text) ? { at: 'name', name: text.toLowerCase().replace(/\.$/, '') } : null;
}

/**
 * Underscores stand in names of containers. A last label of digits alone is a misspelt address, which a resolver would
 * complete by rules of its own (127.1, 0x7f000001).
 */
function isHostName(text: string): boolean {
  if (text.length > 254) return false;
  const labels = text.replace(/\.$/, '').split('.');
  return (
    labels.every((label) => /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)$/.test(label)) &&
    !/^(\d+|0x[0-9a-f]*)$/i.test(labels.at(-1) ?? '')
  );
}

function readPort(text: string): number | null {
  return /^\d{1,9}$/.test(text) && Number(text) <= 65_535 ? Number(text) : null;
}

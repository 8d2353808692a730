import { join } from 'node:path';
import type { Network } from '../../chains/networks/networkFile.ts';
import { wallTime } from '../../lib/wallTime.ts';
import { type Discv4Pump, pumpDatagrams } from '../../p2p/net/pumpDatagrams.ts';
import type { DialDeps, RlpxIdentity } from '../../p2p/net/tcpDialer.ts';
import { type InboundSession, listenTcp, type TcpListener } from '../../p2p/net/tcpListener.ts';
import type { Clock, Logger, Random, Sockets } from '../../p2p/ports.ts';
import type { AddressPolicy, SendBudget } from '../../p2p/protocol/discv4Context.ts';
import { Discv4Node } from '../../p2p/protocol/discv4Node.ts';
import type { Discv4Limits, Discv4Output } from '../../p2p/protocol/discv4Types.ts';
import { Discv5Node } from '../../p2p/protocol/discv5Node.ts';
import type { Discv5Limits, Discv5Output } from '../../p2p/protocol/discv5Types.ts';
import type { HeaderWants } from '../../p2p/protocol/rlpxOutcome.ts';
import type { Enr } from '../../p2p/wire/enr.ts';
import { formatEnode } from '../../p2p/wire/nodeEndpoint.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { type Identity, loadIdentity, withEnrContent } from './identityFile.ts';
import { type OwnRecord, presentForkId, recordContent, signOwnRecord } from './ownRecord.ts';

export interface IdentityDeps {
  readonly curve: Curve;
  readonly clock: Clock;
  readonly random: Random;
  readonly sockets: Sockets;
  readonly log: Logger;
  readonly policy: AddressPolicy;
  readonly limits: Discv4Limits;
  readonly discv5Limits: Discv5Limits;
  /** Shared by all identities: budgets are per remote address. */
  readonly budget: SendBudget;
  readonly clientName: string;
  observe(output: Discv4Output): void;
  observeDiscv5(output: Discv5Output): void;
  /** What to ask a peer that dialled us. */
  readonly headers: HeaderWants;
  onSession(session: InboundSession): void;
}

export interface IdentityOptions {
  /** `discovery`, or the slug of the network on which it is our presence. */
  readonly name: string;
  readonly network: Network | null;
  readonly folder: string;
  readonly bind4: string | null;
  readonly bind6: string | null;
  /** UDP and TCP; 0 = a free one, the same for both. */
  readonly port: number;
  readonly listen: boolean;
  readonly externalIp: string | null;
  /** Speaks discv5 on the same port. */
  readonly discv5: boolean;
}

/** One identity at work on the network: a key, its sockets, its record. */
export interface OpenIdentity {
  readonly name: string;
  readonly network: Network | null;
  readonly id: Uint8Array;
  readonly port: number;
  readonly pump: Discv4Pump;
  readonly listeners: readonly TcpListener[];
  readonly session: RlpxIdentity;
  /** Its enode URLs by family; those of addresses that are not known yet are missing. */
  enodes(): string[];
  /** Local address for outbound TCP, if we are bound to a particular one. */
  dialDeps(ip: string): DialDeps;
  /** Signs a new record when the schedule or our address has changed. */
  refreshRecord(elected: { readonly ip4: string | null; readonly ip6: string | null }): Promise<void>;
  close(): Promise<void>;
}

const portTries = 10;

/** Binds and starts an identity. Rejects with the system's error if its port is taken. */
export async function openIdentity(
  deps: IdentityDeps,
  options: IdentityOptions,
  signal: AbortSignal,
): Promise<OpenIdentity> {
  if (options.port !== 0) return openOn(deps, options, options.port, signal);
  for (let attempt = 1; ; attempt++) {
    try {
      // Chosen by us, outside the range from which the system takes ports for outgoing connections: it must
      // be free for UDP and TCP and both families.
      return await openOn(deps, options, 10_000 + Math.floor(deps.random.next() * 20_000), signal);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE' || attempt === portTries) throw error;
    }
  }
}

async function openOn(
  deps: IdentityDeps,
  options: IdentityOptions,
  port: number,
  signal: AbortSignal,
): Promise<OpenIdentity> {
  const path = join(options.folder, `${options.name}.json`);
  let identity = await loadIdentity(path, deps.curve, () => deps.random.bytes(32));
  let record = recordOf(options, port, wallTime(deps.clock), { ip4: null, ip6: null });
  const { discv4: node, discv5 } = discoveryNodes(deps, options, identity, signOwnRecord(deps.curve, identity, record));
  const pump = await bindUdp(deps, options, { discv4: node, discv5 }, port);
  const session: RlpxIdentity = {
    curve: deps.curve,
    clock: deps.clock,
    random: deps.random,
    sockets: deps.sockets,
    privateKey: identity.privateKey,
    clientName: deps.clientName,
    listenPort: options.listen ? port : 0,
  };
  const listeners: TcpListener[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map((listener) => listener.close()));
    await pump.close();
  };
  const save = async (next: OwnRecord): Promise<void> => {
    record = next;
    identity = await withEnrContent(path, identity, recordContent(record));
    const enr = signOwnRecord(deps.curve, identity, record);
    node.setEnr(enr);
    discv5?.setEnr(enr);
  };
  try {
    if (options.listen) {
      for (const ip of pump.sockets.map((socket) => socket.local.ip)) {
        const onSession = deps.onSession.bind(deps);
        listeners.push(await listenTcp({ ...session, ip, port, headers: deps.headers, onSession }, signal));
      }
    }
    await save(recordOf(options, port, wallTime(deps.clock), { ip4: null, ip6: null }));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: options.name,
    network: options.network,
    id: identity.publicKey,
    port,
    pump,
    listeners,
    session,
    enodes: () => {
      const { ip4, ip6, udp, tcp } = record;
      return [ip4, ip6].flatMap((ip) =>
        ip === null ? [] : formatEnode({ id: identity.publicKey, ip, udp, tcp: tcp ?? 0 }),
      );
    },
    dialDeps: (ip) => {
      const bound = ip.includes(':') ? options.bind6 : options.bind4;
      return bound === null || isAnyAddress(bound) ? session : { ...session, localAddress: bound };
    },
    refreshRecord: async (elected) => {
      const next = recordOf(options, port, wallTime(deps.clock), elected);
      if (recordContent(next) !== recordContent(record)) await save(next);
    },
    close,
  };
}

/** One key and one record in both discoveries. */
function discoveryNodes(
  deps: IdentityDeps,
  options: IdentityOptions,
  { privateKey }: Identity,
  enr: Enr,
): { readonly discv4: Discv4Node; readonly discv5: Discv5Node | null } {
  const { curve, random, budget, policy: addressPolicy } = deps;
  const own = { curve, privateKey, enr, addressPolicy, random, budget };
  const discv4 = new Discv4Node({
    ...own,
    // As the discovery identity, the crawl asks every node of the DHT, so its table needs no other refresh.
    limits: options.network === null ? { ...deps.limits, refreshMs: null } : deps.limits,
    aheadMs: () => wallTime(deps.clock) - deps.clock.now(),
  });
  return { discv4, discv5: options.discv5 ? new Discv5Node({ ...own, limits: deps.discv5Limits }) : null };
}

/** If the machine has no IPv6, we continue with IPv4 only, and log it. */
async function bindUdp(
  deps: IdentityDeps,
  options: IdentityOptions,
  { discv4: node, discv5 }: { readonly discv4: Discv4Node; readonly discv5: Discv5Node | null },
  port: number,
): Promise<Discv4Pump> {
  const { clock, sockets } = deps;
  const observe = deps.observe.bind(deps);
  const both = discv5 === null ? {} : { discv5: { node: discv5, observe: deps.observeDiscv5.bind(deps) } };
  const v4 = options.bind4 === null ? [] : [{ ip: options.bind4, port }];
  const v6 = options.bind6 === null ? [] : [{ ip: options.bind6, port }];
  try {
    return await pumpDatagrams({ node, clock, sockets, observe, ...both, bind: [...v4, ...v6] });
  } catch (error) {
    const noIpv6 = errorCode(error) === 'EAFNOSUPPORT' || errorCode(error) === 'EADDRNOTAVAIL';
    if (!noIpv6 || v4.length === 0 || v6.length === 0) throw error;
    deps.log.warn('this machine has no IPv6; continuing with IPv4 only', { identity: options.name });
    return pumpDatagrams({ node, clock, sockets, observe, ...both, bind: v4 });
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

function recordOf(
  options: IdentityOptions,
  port: number,
  now: number,
  elected: { readonly ip4: string | null; readonly ip6: string | null },
): OwnRecord {
  const own = (bound: string | null, family: 4 | 6): string | null => {
    const external =
      options.externalIp !== null && options.externalIp.includes(':') === (family === 6) ? options.externalIp : null;
    if (bound === null) return null;
    return external ?? (isAnyAddress(bound) ? (family === 4 ? elected.ip4 : elected.ip6) : bound);
  };
  return {
    ip4: own(options.bind4, 4),
    ip6: own(options.bind6, 6),
    udp: port,
    tcp: options.listen ? port : null,
    eth: options.network === null ? null : presentForkId(options.network, now),
  };
}

function isAnyAddress(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::';
}

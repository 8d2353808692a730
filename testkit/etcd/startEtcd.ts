import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endChild } from '../endChild.ts';
import { freePorts } from '../freePorts.ts';
import { type EtcdLinks, openEtcdLinks } from './etcdLinks.ts';

/** One real member of etcd. */
export interface EtcdMember {
  readonly name: string;
  readonly url: string;
  readonly peerUrl: string;
  /** Starts it, also again after a kill. */
  start(): void;
  kill(): Promise<void>;
  /** Ends it as an operator does. */
  end(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly links: EtcdLinks;
  /** One more, which may start once the cluster knows it. */
  readonly more: EtcdMember;
  stop(): Promise<void>;
}

export interface EtcdOptions {
  /** Flags of heartbeats and elections. */
  readonly timing?: readonly string[];
  /** Files: clients come with TLS, and with a certificate of their own. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Short, so that an election takes half a second; long enough for a loaded machine. */
export const shortTiming = ['--heartbeat-interval', '50', '--election-timeout', '500'];

/** Starts members n1, n2, … on free ports of loopback; the one after them is known by address, and starts later. */
export async function startEtcd(binary: string, size: number, options: EtcdOptions = {}): Promise<EtcdCluster> {
  const { timing = shortTiming, tls } = options;
  const dir = await mkdtemp(join(tmpdir(), 'forkscope-etcd-'));
  const ports = await freePorts(3 * (size + 1));
  const places = Array.from({ length: size + 1 }, (_, index) => {
    const [client, port, peerPort] = ports.slice(3 * index, 3 * index + 3);
    if (client === undefined || port === undefined || peerPort === undefined) assert.fail();
    return { name: `n${index + 1}`, client, port, peerPort };
  });
  const links = await openEtcdLinks(places);
  const scheme = tls === undefined ? 'http' : 'https';
  const all = places.map(({ name, client, port, peerPort }, index) => {
    const peers = places.slice(0, Math.max(size, index + 1));
    const cluster = peers.map((peer) => `${peer.name}=http://127.0.0.1:${peer.port}`).join(',');
    return openEtcdMember({
      command: [binary],
      dir,
      name,
      url: `${scheme}://127.0.0.1:${client}`,
      peerUrl: `http://127.0.0.1:${port}`,
      peerListen: `http://127.0.0.1:${peerPort}`,
      flags: [...timing, ...tlsFlags(tls), '--initial-cluster', cluster],
      isFirst: index < size,
    });
  });
  const members = all.slice(0, size);
  for (const member of members) member.start();
  return {
    members,
    links,
    more: all[size] ?? assert.fail(),
    async stop() {
      for (const member of all) member.thaw();
      await Promise.all(all.map((member) => member.kill()));
      await links.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function tlsFlags(tls: EtcdOptions['tls']): readonly string[] {
  if (tls === undefined) return [];
  const { cert, key } = tls;
  return ['--client-cert-auth', '--cert-file', cert, '--key-file', key, '--trusted-ca-file', cert];
}

interface EtcdMemberPlan {
  /** The program, and what it is started through. */
  readonly command: readonly string[];
  readonly dir: string;
  readonly name: string;
  readonly url: string;
  /** Where others find it, and where it listens itself. */
  readonly peerUrl: string;
  readonly peerListen: string;
  readonly flags: readonly string[];
  /** It is one of those with which the cluster begins. */
  readonly isFirst: boolean;
}

/** A member that is not started yet. */
export function openEtcdMember(plan: EtcdMemberPlan): EtcdMember {
  const { command, dir, name, url, peerUrl, peerListen, flags, isFirst } = plan;
  const [program = '', ...before] = command;
  const clientUrls = ['--listen-client-urls', url, '--advertise-client-urls', url];
  const peerUrls = ['--listen-peer-urls', peerListen, '--initial-advertise-peer-urls', peerUrl];
  const state = ['--initial-cluster-state', isFirst ? 'new' : 'existing', '--log-level', 'error'];
  const args = [
    ...before,
    '--name',
    name,
    '--data-dir',
    join(dir, name),
    ...clientUrls,
    ...peerUrls,
    ...flags,
    ...state,
  ];
  let child: ChildProcess | null = null;
  return {
    name,
    url,
    peerUrl,
    start: () => {
      child = spawn(program, args, { stdio: 'ignore' });
    },
    kill: async () => {
      if (child !== null) await endChild(child);
      child = null;
    },
    end: async () => {
      child?.kill('SIGTERM');
      if (child !== null) await endChild(child, 30_000);
      child = null;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}

/** Any method of the gateway, until it succeeds: right after an election, a cluster refuses some for a while. */
export async function callEtcd(member: Pick<EtcdMember, 'url'>, path: string, body: unknown): Promise<unknown> {
  let last: unknown;
  for (const end = Date.now() + 20_000; Date.now() < end; await delay(200)) {
    try {
      const response = await fetch(member.url + path, {
        method: 'POST',
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(3_000),
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text);
      last = text;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`${path}: ${String(last)}`);
}

/** How many leader changes a member itself has seen. */
export async function changesSeenBy(member: Pick<EtcdMember, 'url'>): Promise<number> {
  const text = await (await fetch(`${member.url}/metrics`)).text();
  return Number(/^etcd_server_leader_changes_seen_total (\d+)$/m.exec(text)?.[1] ?? assert.fail('no count'));
}

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild } from '../endChild.ts';
import { type EtcdMember, openEtcdMember, shortTiming } from './startEtcd.ts';

/** Members each in a network namespace of its own. Peers and clients reach them over two networks. */
export interface EtcdNamespaces {
  readonly members: readonly EtcdMember[];
  /** Takes a member's cable to its peers away; clients still reach it. */
  cut(member: Pick<EtcdMember, 'name'>): void;
  heal(member: Pick<EtcdMember, 'name'>): void;
  stop(): Promise<void>;
}

/** Why no network namespace can be made here; false when one can. */
export function absentNamespaces(): string | false {
  const made = spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'probe', 'type', 'bridge'], { encoding: 'utf8' });
  if (made.status === 0) return false;
  return `no network namespace can be made here: ${(made.stderr ?? String(made.error)).trim().slice(0, 200)}`;
}

/** The networks stand in the caller's own namespace, which must be none that others use: see runInNamespace. */
export async function startEtcdInNamespaces(binary: string, size: number): Promise<EtcdNamespaces> {
  const dir = await mkdtemp(join(tmpdir(), 'forkscope-etcd-'));
  const names = Array.from({ length: size }, (_, index) => `n${index + 1}`);
  const holders: ChildProcess[] = [];
  for (const [bridge, address] of Object.entries(networks)) {
    ip(['link', 'add', bridge, 'type', 'bridge']);
    ip(['addr', 'add', `${address}.254/24`, 'dev', bridge]);
    ip(['link', 'set', bridge, 'up']);
  }
  for (const [index, name] of names.entries()) {
    // Holds the namespace while etcd itself comes and goes.
    const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec sleep 3600'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    holders.push(holder);
    await once(holder.stdout ?? assert.fail(), 'data');
    for (const [bridge, address] of Object.entries(networks)) {
      const own = `${bridge}-${name}`;
      ip(['link', 'add', own, 'type', 'veth', 'peer', 'name', bridge, 'netns', String(holder.pid)]);
      ip(['link', 'set', own, 'master', bridge, 'up']);
      enter(holder, ['ip', 'addr', 'add', `${address}.${index + 1}/24`, 'dev', bridge]);
      enter(holder, ['ip', 'link', 'set', bridge, 'up']);
    }
    enter(holder, ['ip', 'link', 'set', 'lo', 'up']);
  }
  const peerUrl = (index: number): string => `http://${networks.peers}.${index + 1}:2380`;
  const cluster = names.map((name, index) => `${name}=${peerUrl(index)}`).join(',');
  const members = names.map((name, index) =>
    openEtcdMember({
      command: ['nsenter', '-t', String(holders[index]?.pid), '-n', binary],
      dir,
      name,
      url: `http://${networks.clients}.${index + 1}:2379`,
      peerUrl: peerUrl(index),
      peerListen: peerUrl(index),
      flags: [...shortTiming, '--initial-cluster', cluster],
      isFirst: true,
    }),
  );
  for (const member of members) member.start();
  return {
    members,
    cut: ({ name }) => ip(['link', 'set', `peers-${name}`, 'down']),
    heal: ({ name }) => ip(['link', 'set', `peers-${name}`, 'up']),
    async stop() {
      await Promise.all(members.map((member) => member.kill()));
      await Promise.all(holders.map((holder) => endChild(holder)));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Both are the namespace's own: nothing of them can be seen outside. */
const networks = { peers: '10.99.1', clients: '10.99.2' } as const;

function ip(args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function enter(holder: ChildProcess, command: readonly string[]): void {
  execFileSync('nsenter', ['-t', String(holder.pid), '-n', ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
}

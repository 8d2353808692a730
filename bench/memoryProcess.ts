/** A crawl without packets: the crawler's state over an invented network, and its memory. Started by memory.ts. */

import { createNetworkIndex } from '../chains/networks/chainIdentity.ts';
import { loadBuiltinNetworks } from '../chains/networks/loadNetworks.ts';
import { createAddressPolicy } from '../crawler/crawl/addressPolicy.ts';
import { defaultSchedule } from '../crawler/crawl/backoff.ts';
import { Bootnodes } from '../crawler/crawl/bootnodes.ts';
import { ForkWatch } from '../crawler/crawl/forkWatch.ts';
import { Frontier } from '../crawler/crawl/frontier.ts';
import { defaultFrontierLimits } from '../crawler/crawl/roster.ts';
import { openRecords } from '../crawler/openRecords.ts';
import { openVisits } from '../crawler/openVisits.ts';
import { runVisits } from '../crawler/runVisits.ts';
import { RateLimiter } from '../lib/rateLimiter.ts';
import { systemClock } from '../p2p/net/systemClock.ts';
import { systemRandom } from '../p2p/net/systemRandom.ts';
import { Discv4Peers } from '../p2p/protocol/discv4Peers.ts';
import { defaultDiscv4Limits } from '../p2p/protocol/discv4Types.ts';
import { EndpointProofs, peerKey } from '../p2p/protocol/endpointProof.ts';
import { KeyCheck } from '../p2p/protocol/keyCheck.ts';
import { bytesToHex } from '../p2p/wire/bytes.ts';
import { ethEntry, readEnr, signEnr } from '../p2p/wire/enr.ts';
import { keccak256 } from '../p2p/wire/keccak.ts';
import type { NodeContact } from '../p2p/wire/nodeEndpoint.ts';
import { chooseCurve } from '../p2p/wire/secp256k1.ts';
import { makeFullVisit } from '../testkit/makeVisit.ts';
import { LongRunTables } from '../testkit/simulatedNetwork/longRunTables.ts';
import { idOf, planNetwork, privateKeyOf } from '../testkit/simulatedNetwork/networkPlan.ts';
import { benchScenario } from './benchScenario.ts';
import { type MemoryAtEnd, measureMemory } from './memoryAtEnd.ts';

export interface MemoryReport {
  readonly nodes: number;
  readonly known: number;
  readonly alive: number;
  readonly peakRssMib: number;
  readonly memoryMib: MemoryAtEnd;
}

const maxConcurrent = 400;

process.send?.(await crawl(Number(process.argv[2])), () => process.disconnect());

async function crawl(nodes: number): Promise<MemoryReport> {
  const curve = await chooseCurve();
  const way = { latencyMs: 0, jitterMs: 0, loss: 0, hostile: 0 };
  const plan = planNetwork(curve, benchScenario({ nodes, seed: 1, deadPerLive: 1, ...way }), 1);
  const tables = new LongRunTables(plan.seed, plan.hashes);
  const policy = createAddressPolicy([], true);
  const networks = loadBuiltinNetworks();
  const frontier = new Frontier(policy, defaultFrontierLimits);
  const watch = new ForkWatch(createNetworkIndex(networks), networks, false);
  // What discv4 remembers of each node: of all for the discovery identity, of half of the live for the two presences.
  const limits = defaultDiscv4Limits;
  const [discovery, ...presences] = [1, 2, 3].map(() => ({
    peers: new Discv4Peers(limits),
    proofs: new EndpointProofs(limits.maxProofs),
    inbound: new RateLimiter(limits.inbound, limits.maxSources),
  }));
  const outbound = new RateLimiter(limits.outbound, limits.maxSources);
  const keys = new KeyCheck(curve);
  /** Numbers of the invented nodes: they exist before the crawl, so they do not count as its memory. */
  const addressOf = (index: number): string => `20.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;
  const indexOf = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) & 0xff_ffff;
  const contactOf = (index: number): NodeContact => ({
    id: new Uint8Array(idOf(plan, index)),
    ip: addressOf(index),
    udp: 30_303,
    tcp: 30_303,
  });
  const full = makeFullVisit(1, 0).outcome;
  const visit = openVisits({
    discovery: {
      async ping({ id, ip }) {
        const now = systemClock.now();
        const peer = peerKey(id, ip);
        discovery?.peers.nextPingExpiration(peer, now / 1_000);
        outbound.charge(ip, now);
        await turn();
        const index = indexOf(ip);
        if (index >= nodes) return null;
        const presence = presences[index % 4];
        for (const { peers, proofs, inbound } of [discovery ?? [], presence ?? []].flat()) {
          inbound.allows(ip, now);
          proofs.record(id, ip, now);
          peers.ponged(peer, now);
          peers.bonded(peer, now);
          peers.measured(peer, 20.5);
        }
        return { rttMs: 20.5, enrSeq: 1n, ourIp: '192.0.2.1', ourUdp: 30_303, clockSkewMs: null };
      },
      async requestEnr({ ip }) {
        await turn();
        const pairs = {
          udp: 30_303,
          tcp: 30_303,
          eth: ethEntry({ hash: Uint8Array.of(7, 0xc9, 0x46, 0x2e), next: 0n }),
        };
        return readEnr(signEnr(curve, privateKeyOf(plan, indexOf(ip)), { seq: 1n, pairs }));
      },
      async findnode({ ip }, wanted) {
        await turn();
        const named = tables.closest(indexOf(ip), keccak256(wanted), 16).map(contactOf);
        return named.filter(({ id }) => keys.isKey(id));
      },
    },
    dialer: {
      async dial() {
        await turn();
        const { hello, status } = full;
        return { stage: 'status', code: 'ok', remoteReason: null, wireCode: null, hello, status, headers: [] };
      },
    },
    policy,
    clock: systemClock,
    random: systemRandom,
  });
  const records = openRecords({
    known: networks,
    bootnodes: new Bootnodes([], [], { curve, policy }),
    watch,
    clock: systemClock,
    toStored: (at) => at,
    startedAt: systemClock.now(),
    heldKey: (idKey) => frontier.heldKey(idKey),
    store: () => turn(),
    observe: ({ outcome }) => tables.forget(indexOf(outcome.contact.ip)),
  });
  for (let index = 0; index < 4; index++) frontier.offer(contactOf(index), null, 0, 0);
  await runVisits(
    {
      frontier,
      source: null,
      visit,
      watch,
      told: systemClock,
      records,
      onSettled: () => {},
      onNamed: () => {},
      clock: systemClock,
      random: systemRandom,
      outage: null,
      // Held until they are due again, as in a crawl that goes on; that is after its end.
      schedule: {
        ...defaultSchedule,
        minBackoffMs: defaultSchedule.maxBackoffMs,
        revisitMs: defaultSchedule.maxBackoffMs,
      },
    },
    { once: false, maxConcurrent, spreadMs: 0 },
    whenVisited(),
  );
  const peakRssMib = Math.round((100 * process.resourceUsage().maxRSS) / 1_024) / 100;
  const memoryMib = measureMemory();
  const { alive, seen } = records.tally.summary(systemClock.now(), frontier.size);
  if ([...records.nodeSet.entries()].some(({ idHash }) => bytesToHex(idHash) === '')) throw new RangeError('no hash');
  return { nodes, known: seen, alive, peakRssMib, memoryMib };

  /** Those being visited for the first time are among the unvisited. */
  function whenVisited(): AbortSignal {
    const over = new AbortController();
    const timer = setInterval(() => {
      if (frontier.unvisited > 0) return;
      clearInterval(timer);
      over.abort('all were visited');
    }, 100);
    return over.signal;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * The scenario file: a simulated network, and what goes wrong in it and when. The demo and the tests run the same files.
 * Format version 1; times count from the start of the run, have a unit in the file, and are ms once read.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseDuration } from './duration.ts';
import { ForkscopeError, reasonOf } from './errors.ts';
import { parseExactJson } from './exactJson.ts';
import { countOf } from './plural.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'expected at most 40 lower-case letters, digits and dashes');
const share = z.number().min(0).max(1);
const member = z.int().min(1).max(31);
/** Of a whole run, or a time in it. */
const durationMs = z
  .string()
  .transform((text) => parseDuration(text) ?? Number.NaN)
  .pipe(
    z
      .number({ error: 'a duration with its unit, such as 500ms, 30s or 2m' })
      .min(0)
      .max(7 * 86_400_000),
  );
const uint64 = z
  .union([z.int().min(0), z.string().regex(/^\d{1,20}$/)])
  .transform(BigInt)
  .pipe(z.bigint().max(2n ** 64n - 1n));

const forkIdSchema = z.union([
  /**
   * By the network's schedule at the node's head. ready: its software knows every fork. unprepared: it knows only those
   * that have passed when the run starts, and its head stops at the next one. behind: it knows all forks, but its head is
   * before the last one. genesis: its head is block 0.
   */
  z.enum(['ready', 'unprepared', 'behind', 'genesis']),
  z.strictObject({ hash: z.string().regex(/^0x[0-9a-f]{8}$/, '0x and 8 hex digits'), next: uint64 }),
]);

const nodeGroupSchema = z.strictObject({
  name,
  count: z.int().min(1).max(100_000),
  /** The client name in its Hello, as a real node sends it. */
  client: z.string().min(1).max(1_024),
  network: name,
  forkId: forkIdSchema.default('ready'),
  /**
   * full: answers UDP and TCP. busy: proves its key over TCP, then refuses with too many peers. silent: answers UDP, and
   * TCP connects but says nothing. udpOnly: nobody listens on its TCP port. dead: answers nothing.
   */
  reachability: z.enum(['full', 'busy', 'silent', 'udpOnly', 'dead']).default('full'),
  /** By which protocols it is discovered. */
  speaks: z.enum(['discv4', 'discv5', 'both']).default('discv4'),
  /** consensus: a beacon node of the network, which tells its fork in its record and speaks no RLPx. */
  layer: z.enum(['execution', 'consensus']).default('execution'),
  /** Whose discv4 it speaks; by default that of its client name. */
  discovery: z.enum(['geth', 'besu', 'reth', 'nethermind']).optional(),
  /** What it answers to FINDNODE: its table, or nodes that do not exist, new ones each time. */
  neighbours: z.enum(['honest', 'forged']).default('honest'),
  /**
   * What it answers to GetBlockHeaders. empty: that it has none. silent: nothing. forged: each header with a child that
   * names another parent. otherHeight: headers of a chain of its own, one height above those asked for.
   */
  headers: z.enum(['honest', 'empty', 'silent', 'forged', 'otherHeight']).default('honest'),
  /** How many blocks its head is behind the head of its chain. */
  lag: z.int().min(0).max(100_000).default(0),
  /** own: as `addresses` says. shared: the whole group is in one /24. */
  subnet: z.enum(['own', 'shared']).default('own'),
  /** One way. */
  latency: durationMs.default(20),
  /** Up to this much more, chosen for each packet and direction. */
  jitter: durationMs.default(0),
  /** Share of UDP packets that are lost. */
  loss: share.default(0),
  /** Each node comes and goes by itself: how long it is up and down at a time, on average (exponentially distributed). */
  churn: z
    .strictObject({ up: durationMs.pipe(z.number().min(1)), down: durationMs.pipe(z.number().min(1)) })
    .optional(),
  /** So many nodes of the group share an address, each with ports of its own. */
  perIp: z.int().min(1).max(10_000).default(1),
  /** The group is one machine at one address that takes a new key so often: its nodes are up one after the other. */
  rotation: durationMs.pipe(z.number().min(1)).optional(),
  /**
   * Behind NAT: it hears only those whom it has called, for three minutes each, and nobody can dial it. It calls each
   * crawler about so often, over UDP and then over TCP.
   */
  calls: durationMs.pipe(z.number().min(1)).optional(),
  /** Its node record. stale: with the fork ID before the last fork, as if it had not been renewed. none: it gives none. */
  record: z.enum(['fresh', 'stale', 'none']).default('fresh'),
});

const networkSchema = z.strictObject({
  slug: name,
  /** A chain of its own, generated from the seed starting with its genesis; without it, `slug` is a known network. */
  own: z
    .strictObject({
      consensus: z.enum(['pos', 'pow', 'clique', 'ibft1', 'ibft2', 'qbft']),
      networkId: uint64,
      /** Forks by block, ascending. */
      forks: z
        .array(z.strictObject({ name: z.string().min(1).max(60), block: uint64 }))
        .max(50)
        .default([]),
    })
    .optional(),
  /** Height of its head when the run starts: at most 100,000 for a chain of its own. */
  head: uint64.optional(),
  /** Time between blocks; default 12 s. */
  blockTime: durationMs.pipe(z.number().min(100, 'at least 100ms')).optional(),
});

const clusterSchema = z.strictObject({ name, members: z.int().min(1).max(31) });

const at = durationMs;
const raftFault = { at, cluster: name } as const;
const faultSchema = z.discriminatedUnion('kind', [
  /**
   * A fork of the network activates with the first block from then on. Nodes that are ready follow it; the others stay.
   * A fork that the network does not have is added; an existing one is moved.
   */
  z.strictObject({ kind: z.literal('forkActivation'), at, network: name, fork: z.string().min(1).max(60) }),
  /** A share of a group changes to a release that knows every fork, one node after the other over this time. */
  z.strictObject({
    kind: z.literal('upgrade'),
    at,
    group: name,
    client: z.string().min(1).max(1_024),
    share: share.default(1),
    over: durationMs.default(0),
  }),
  /** From this height on, the named groups have different blocks from the rest. */
  z.strictObject({ kind: z.literal('chainSplit'), at, network: name, height: uint64, groups: z.array(name).min(1) }),
  /** Every node of the network comes back to the main chain. */
  z.strictObject({ kind: z.literal('chainHeal'), at, network: name }),
  /** A share of a group stops answering, chosen by the seed. */
  z.strictObject({ kind: z.literal('nodesDown'), at, group: name, share: share.default(1) }),
  z.strictObject({ kind: z.literal('nodesUp'), at, group: name }),
  /** The process of a member stops for a while, as under SIGSTOP; without `for` until `heal`. */
  z.strictObject({ kind: z.literal('freeze'), ...raftFault, member, for: durationMs.optional() }),
  z.strictObject({ kind: z.literal('isolate'), ...raftFault, member, for: durationMs.optional() }),
  z.strictObject({
    kind: z.literal('cutLink'),
    ...raftFault,
    between: z.tuple([member, member]),
    for: durationMs.optional(),
  }),
  /** Ends every freeze, isolation and cut of the cluster. */
  z.strictObject({ kind: z.literal('heal'), ...raftFault }),
  z.strictObject({ kind: z.literal('kill'), ...raftFault, member }),
  z.strictObject({ kind: z.literal('start'), ...raftFault, member }),
  /** The leader changes this many times, once an interval. */
  z.strictObject({ kind: z.literal('churn'), ...raftFault, times: z.int().min(1).max(10_000), every: durationMs }),
]);

const scenarioSchema = z
  .strictObject({
    version: z.literal(1),
    /** All randomness of the run comes from it. */
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
    title: z.string().max(200).default(''),
    /** packed: 250 nodes in a /24. spread: 250 /24s, each as full as the others. */
    addresses: z.enum(['packed', 'spread']).default('packed'),
    /** Networks that differ from their files, and chains without a file. */
    networks: z.array(networkSchema).max(20).default([]),
    nodes: z.array(nodeGroupSchema).max(1_000).default([]),
    clusters: z.array(clusterSchema).max(100).default([]),
    faults: z.array(faultSchema).max(10_000).default([]),
  })
  .superRefine((scenario, context) => {
    for (const problem of crossCheck(scenario)) context.addIssue({ code: 'custom', ...problem });
  })
  .transform((scenario) => ({ ...scenario, faults: scenario.faults.toSorted((a, b) => a.at - b.at) }));

/** Faults are in order of time. */
export type Scenario = z.infer<typeof scenarioSchema>;
export type ScenarioNodeGroup = z.infer<typeof nodeGroupSchema>;
export type ScenarioNetwork = z.infer<typeof networkSchema>;
type ScenarioCluster = z.infer<typeof clusterSchema>;
export type ScenarioFault = z.infer<typeof faultSchema>;

export interface ScenarioProblem {
  /** Such as `faults.3.group`; empty = the whole file. */
  readonly field: string;
  readonly problem: string;
}

export class ScenarioError extends ForkscopeError<{
  code: 'scenarioInvalid';
  file: string;
  problems: readonly ScenarioProblem[];
}> {
  constructor(file: string, problems: readonly ScenarioProblem[]) {
    const lines = problems.map(({ field, problem }) => `  ${field === '' ? '' : `${field}: `}${problem}`);
    super({ code: 'scenarioInvalid', file, problems }, `${file} is not a valid scenario\n${lines.join('\n')}`);
  }
}

/** @throws ScenarioError with every problem of the file */
export function loadScenario(path: string): Scenario {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ScenarioError(path, [{ field: '', problem: `cannot be read: ${reasonOf(error)}` }]);
  }
  return parseScenario(text, path);
}

/** @throws ScenarioError with every problem of the text; `file` is its name in them */
export function parseScenario(text: string, file: string): Scenario {
  const exact = parseExactJson(text);
  if ('problem' in exact) throw new ScenarioError(file, [{ field: '', problem: exact.problem }]);
  const parsed = scenarioSchema.safeParse(exact.json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.'), problem: message }));
  throw new ScenarioError(file, problems);
}

interface CrossProblem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** Checks across fields: names must be unique, and faults must affect something that exists. */
function crossCheck(scenario: {
  readonly networks: readonly ScenarioNetwork[];
  readonly nodes: readonly ScenarioNodeGroup[];
  readonly clusters: readonly ScenarioCluster[];
  readonly faults: readonly ScenarioFault[];
}): CrossProblem[] {
  const { nodes, clusters, faults } = scenario;
  const networks = new Set(nodes.map((group) => group.network));
  const groups = new Map(nodes.map((group) => [group.name, group]));
  const sizes = new Map(clusters.map((cluster) => [cluster.name, cluster.members]));
  const problems = [
    ...doubles('nodes', nodes),
    ...doubles('clusters', clusters),
    ...networkProblems(scenario.networks),
  ];
  for (const [index, fault] of faults.entries()) {
    const report = (field: string, message: string): void =>
      void problems.push({ path: ['faults', index, field], message });
    if ('network' in fault && !networks.has(fault.network))
      report('network', `no group of nodes is on ${fault.network}`);
    if ('group' in fault && !groups.has(fault.group)) report('group', `there is no group ${fault.group}`);
    if (fault.kind === 'chainSplit') {
      for (const group of fault.groups) {
        if (groups.get(group)?.network !== fault.network)
          report('groups', `${group} is not a group on ${fault.network}`);
      }
    }
    if (!('cluster' in fault)) continue;
    const members = sizes.get(fault.cluster);
    if (members === undefined) report('cluster', `there is no cluster ${fault.cluster}`);
    else
      for (const struck of membersOf(fault))
        if (struck > members)
          report('member', `${fault.cluster} has only ${countOf(members, { one: 'member', other: 'members' })}`);
    if (fault.kind === 'cutLink' && fault.between[0] === fault.between[1])
      report('between', 'a link connects two different members');
  }
  return problems;
}

/** Every header of a generated chain is computed from its genesis on. */
const longestChain = 100_000n;

function networkProblems(networks: readonly ScenarioNetwork[]): CrossProblem[] {
  const twice = doubles(
    'networks',
    networks.map(({ slug }) => ({ name: slug })),
  ).map(({ path: [field, index], message }): CrossProblem => ({ path: [field ?? '', index ?? 0, 'slug'], message }));
  return networks
    .flatMap(({ own, head }, index): CrossProblem[] => {
      if (own === undefined || (head !== undefined && head >= 1n && head <= longestChain)) return [];
      return [
        { path: ['networks', index, 'head'], message: `a chain of its own needs a head from 1 to ${longestChain}` },
      ];
    })
    .concat(twice);
}

function doubles(field: string, named: readonly { readonly name: string }[]): CrossProblem[] {
  const seen = new Set<string>();
  return named.flatMap((one, index) => {
    const double = seen.has(one.name);
    seen.add(one.name);
    return double ? [{ path: [field, index, 'name'], message: `${one.name} is already taken` }] : [];
  });
}

function membersOf(fault: ScenarioFault): readonly number[] {
  if (fault.kind === 'cutLink') return fault.between;
  return 'member' in fault ? [fault.member] : [];
}

import { apiDefinition } from '../../api/config.ts';
import type { ExpectedChain } from '../../chains/diagnose/evidence.ts';
import { raftDefinition } from '../../consortium/config.ts';
import { crawlerDefinition, readCrawlerConfig } from '../../crawler/config.ts';
import { commonFields } from '../../lib/commonConfig.ts';
import type { EthVersion } from '../../p2p/wire/ethStatus.ts';
import type { ProbeResult } from '../../probe/probeNode.ts';
import type { StageLine } from '../../probe/stageLines.ts';
import { type Command, type CommandContext, UsageError } from './command.ts';

export const probeCommand: Command = {
  name: 'probe',
  summary: 'Say why a node cannot be connected to: ask it stage by stage, and judge what was seen.',
  operands: 'ENODE | ENR | HOST[:PORT]',
  configs: { probe: { config: commonFields.config, dataDir: commonFields.dataDir } },
  flags: {
    network: { summary: 'The network that it should be on.', value: 'SLUG' },
    genesis: { summary: 'The same by a genesis file or a network file.', value: 'FILE' },
    'network-id': { summary: 'With genesis: the network ID, if it differs from the chain ID.', value: 'NUMBER' },
    'eth-versions': {
      summary: 'Versions of eth that the other side has, such as 65,66 (default: all that Forkscope reads).',
      value: 'LIST',
    },
    stay: { summary: 'How long to stay connected, in seconds (default 3).', value: 'SECONDS' },
    json: { summary: 'Print JSON (docs/PROBE.md).', value: null },
  },
  async run(context) {
    const [text, ...others] = context.operands;
    if (text === undefined || others.length > 0) {
      throw new UsageError('probe takes one node: an enode URL, an enr: record, or HOST[:PORT]');
    }
    const plan = {
      text,
      expected: await readExpected(context),
      clientName: `forkscope/v${context.version}/probe`,
      ethVersions: await readVersions(context),
      stayMs: readStay(context),
    };
    const { probeNode } = await import('../../probe/probeNode.ts');
    const { stageLines } = await import('../../probe/stageLines.ts');
    const { diagnosisText, exitCodeOf } = await import('../../probe/diagnosisText.ts');
    const { DialNotes } = await import('../../probe/dialNotes.ts');
    const asJson = context.flags.json === true;
    const show = asJson ? context.stderr : context.stdout;
    const notes = new DialNotes(readDataDir(context));
    const world = await openWorld();
    const ears = {
      found: (part: Parameters<typeof stageLines>[0]) => {
        if (!asJson) for (const line of stageLines(part, plan.expected)) show(lineText(line));
      },
      dialling: (ip: string) => {
        const agoMs = notes.note(ip, Date.now());
        if (agoMs !== null) show(againText(ip, agoMs));
      },
    };
    const result = await probeNode(plan, world, ears, context.signal);
    context.stdout(asJson ? `${await jsonText(text, result)}\n` : diagnosisText(result));
    return exitCodeOf(result);
  },
};

function lineText({ stage, mark, ms, text }: StageLine): string {
  const tick = { good: '✓', bad: '✗', none: '·' }[mark];
  return `${tick} ${stage.padEnd(7)}${(ms === null ? '' : `${ms} ms`).padStart(9)}  ${text}\n`;
}

function againText(ip: string, agoMs: number): string {
  return `· ${ip} was dialled from here ${Math.round(agoMs / 1_000)} s ago. Some nodes take one connection per address in 30 s and close others at once.\n`;
}

async function openWorld() {
  const { connectSystemUdp } = await import('../../p2p/net/systemUdpLine.ts');
  const { chooseCurve } = await import('../../p2p/wire/secp256k1.ts');
  const { steadyClock } = await import('../../p2p/net/steadyClock.ts');
  const { systemNames } = await import('../../p2p/net/systemNames.ts');
  const { systemRandom } = await import('../../p2p/net/systemRandom.ts');
  const { systemSockets } = await import('../../p2p/net/systemSockets.ts');
  return {
    clock: steadyClock(),
    random: systemRandom,
    names: systemNames,
    sockets: systemSockets,
    connectUdp: connectSystemUdp,
    curve: await chooseCurve(),
  };
}

function readDataDir({ configFlags }: CommandContext): string {
  return readCrawlerConfig(configFlags, [crawlerDefinition, raftDefinition, apiDefinition]).dataDir;
}

async function readExpected(context: CommandContext): Promise<ExpectedChain | null> {
  const { network: slug, genesis } = context.flags;
  const { expectedChain } = await import('../../probe/expectedChain.ts');
  if (typeof slug === 'string' && typeof genesis === 'string')
    throw new UsageError('give --network or --genesis, not both');
  if (typeof genesis === 'string') {
    const { readNetwork } = await import('./addNetwork.ts');
    const networkId = context.flags['network-id'];
    const { network, warnings } = await readNetwork(genesis, {
      slug: null,
      name: null,
      networkId: typeof networkId === 'string' ? networkId : null,
      consensus: null,
      client: null,
      countForks: [],
      bootnodes: [],
      allowedCidrs: [],
    });
    for (const warning of warnings) context.stderr(`forkscope: ${warning}\n`);
    return expectedChain(network);
  }
  if (typeof slug !== 'string') return null;
  const { loadBuiltinNetworks, loadNetworkFiles, updateNetworks } = await import(
    '../../chains/networks/loadNetworks.ts'
  );
  const config = readCrawlerConfig(context.configFlags, [crawlerDefinition, raftDefinition, apiDefinition]);
  const known = [
    ...updateNetworks(loadBuiltinNetworks(), config.networkUpdates),
    ...loadNetworkFiles(config.networkFiles),
  ];
  const network = known.find((one) => one.slug === slug);
  if (network === undefined) throw new UsageError(`there is no network ${slug}; forkscope networks lists them`);
  return expectedChain(network);
}

async function readVersions({ flags }: CommandContext): Promise<readonly EthVersion[] | null> {
  const list = flags['eth-versions'];
  if (typeof list !== 'string') return null;
  const { offeredEthVersions } = await import('../../p2p/wire/ethStatus.ts');
  return list.split(',').map((word) => {
    const version = offeredEthVersions.find((one) => String(one) === word.trim().replace(/^eth\//, ''));
    if (version === undefined)
      throw new UsageError(`--eth-versions takes versions from ${offeredEthVersions.join(', ')}`);
    return version;
  });
}

function readStay({ flags: { stay } }: CommandContext): number {
  if (typeof stay !== 'string') return 3_000;
  if (!/^\d{1,3}$/.test(stay)) throw new UsageError('--stay takes whole seconds, at most 999');
  return Number(stay) * 1_000;
}

/** docs/PROBE.md describes it. */
async function jsonText(target: string, result: ProbeResult): Promise<string> {
  const { advisedClient, exitCodeOf, tellCause } = await import('../../probe/diagnosisText.ts');
  const { expected, ...stages } = result.evidence;
  const client = advisedClient(result);
  const answer = {
    version: 1,
    target,
    ip: result.ip,
    expected: expected?.name ?? null,
    exitCode: exitCodeOf(result),
    causes: result.diagnosis.causes.map((cause) => tellCause(cause, client)),
    also: result.diagnosis.also.map((cause) => tellCause(cause, client)),
    enode: result.enode,
    record: result.record,
    stages,
  };
  return JSON.stringify(answer, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2);
}

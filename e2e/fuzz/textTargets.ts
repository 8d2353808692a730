/** Readers of what endpoints answer and of what operators write. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importGenesis } from '../../chains/networks/genesisImport.ts';
import { parseNetworkFile } from '../../chains/networks/networkFile.ts';
import { parseBlocks, readBlockMinter } from '../../consortium/ask/blockMinter.ts';
import { parseEtcd } from '../../consortium/ask/parseEtcd.ts';
import { parseEtcdMetrics } from '../../consortium/ask/parseEtcdMetrics.ts';
import type { RawNode } from '../../consortium/ask/parseNode.ts';
import { parseRecording, parseRound } from '../../consortium/ask/parseRound.ts';
import { parseEthConfig } from '../../consortium/ask/readEthConfig.ts';
import { parseIdentity } from '../../consortium/ask/readIdentity.ts';
import { parseCounts, parsePending, parseProposals, parseSet, parseVotes } from '../../consortium/ask/readSealers.ts';
import { readSealedHeader } from '../../consortium/ask/sealedHeader.ts';
import { crawlerDefinition } from '../../crawler/config.ts';
import { readBootnode } from '../../crawler/crawl/readBootnode.ts';
import { loadConfig } from '../../lib/configLayers.ts';
import { parseDuration } from '../../lib/duration.ts';
import { parseCidr, parseIp } from '../../lib/ipAddress.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { parseScenario } from '../../lib/scenarioFile.ts';
import { isTimetable } from '../../lib/timetable.ts';
import { parseEnode, readEnodeUrl } from '../../p2p/wire/enodeUrl.ts';
import { parseEnr } from '../../p2p/wire/enr.ts';
import { WireError } from '../../p2p/wire/errors.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import type { FuzzTarget } from './fuzzTarget.ts';
import { mutateJson, mutateText } from './mutators.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bytesOf = (text: string): Uint8Array => encoder.encode(text);
const jsonOf = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));

function fileOf(path: string): string {
  return readFileSync(join(packageRoot, path), 'utf8');
}

function filesIn(folder: string, ending: string): Uint8Array[] {
  const names = readdirSync(join(packageRoot, folder)).filter((name) => name.endsWith(ending));
  return names.map((name) => bytesOf(fileOf(`${folder}/${name}`))).filter(({ length }) => length < 20_000);
}

/** A reader of values that JSON.parse gave: what is no JSON never reaches it. */
function ofJson(name: string, samples: readonly unknown[], read: (value: never) => unknown): FuzzTarget {
  return {
    name,
    samples: samples.map(jsonOf),
    mutate: mutateJson,
    decode(bytes) {
      let json: unknown;
      try {
        json = JSON.parse(decoder.decode(bytes));
      } catch {
        throw new WireError({ code: 'rlpTruncated', need: 0, got: 0 });
      }
      return read(json as never);
    },
  };
}

function ofText(name: string, samples: readonly string[], read: (text: string) => unknown): FuzzTarget {
  return { name, samples: samples.map(bytesOf), mutate: mutateText, decode: (bytes) => read(decoder.decode(bytes)) };
}

export function textTargets(curve: Curve): FuzzTarget[] {
  return [...answerTargets(curve), ...operatorTargets(curve)];
}

function answerTargets(curve: Curve): FuzzTarget[] {
  const rounds = parseRecording(fileOf('consortium/testdata/04-follower-isolated-rejoin-forces-election.jsonl'));
  const raws = rounds.slice(0, 40).flatMap(({ nodes }): RawNode[] => Object.values(nodes));
  const chains = ['22-qbft-chain', '23-ibft-chain', '24-clique-chain'].map((name) =>
    JSON.parse(fileOf(`consortium/testdata/${name}.json`)),
  );
  const sealed = chains.flatMap(({ answers, headers }) => [
    ...Object.values(answers ?? {}).map((answer) => (answer as { result?: unknown }).result),
    ...(Array.isArray(headers) ? headers : Object.values(headers ?? {})),
  ]);
  const status = { header: { cluster_id: '7', member_id: '5' }, version: '3.4.23', leader: '5', raftTerm: '2' };
  const members = {
    header: { cluster_id: '7' },
    members: [
      { ID: '5', name: 'a' },
      { ID: '6', name: 'b' },
    ],
  };
  const metrics =
    'etcd_server_has_leader 1\netcd_server_leader_changes_seen_total 4\netcd_server_id{server_id="5"} 1\n';
  return [
    // As they come: our client and the reader of recordings let nothing else through.
    {
      name: 'raftAnswers',
      samples: raws.map((raw) => jsonOf({ t: 0, nodes: { one: raw } })),
      mutate: mutateJson,
      decode: (bytes) => parseRecording(decoder.decode(bytes)).map(parseRound),
    },
    ofText('recording', [fileOf('consortium/testdata/15-cold-start.jsonl').slice(0, 8_000)], parseRecording),
    ofJson('sealers', sealed, (value) => {
      for (const read of [parsePending, parseSet, parseVotes, parseProposals]) read(value);
      return parseCounts(value, 7);
    }),
    ofJson('sealedHeader', sealed, (value) => readSealedHeader(value, curve)),
    ofJson('blockMinter', sealed, readBlockMinter),
    ofText('blocks', [fileOf('consortium/testdata/10-blocks-extraData-raftId.jsonl').slice(0, 8_000)], parseBlocks),
    ofJson('identity', [{ hash: `0x${'d4'.repeat(32)}` }], (result) => parseIdentity({ result }, { result: '1' })),
    ofJson('ethConfig', [JSON.parse(fileOf('consortium/testdata/ethConfigHoodi.json'))], (result) =>
      parseEthConfig({ result }),
    ),
    ofJson('etcd', [status, members], (value) => {
      const text = JSON.stringify(value);
      return [
        parseEtcd({ status: { text }, members: { text: JSON.stringify(members) }, metrics: { text: metrics } }),
        parseEtcd({ status: { text: JSON.stringify(status) }, members: { text }, metrics: { text: metrics } }),
      ];
    }),
    ofText('etcdText', [JSON.stringify(status), JSON.stringify(members)], (text) =>
      parseEtcd({ status: { text }, members: { text }, metrics: { text } }),
    ),
    ofText('etcdMetrics', [metrics.repeat(3)], parseEtcdMetrics),
  ];
}

function operatorTargets(curve: Curve): FuzzTarget[] {
  const id =
    'a979fb575495b8d6db44f750317d0f4622bf4c2aa3365d6af7c284339968eef29b69ad0dce72a4d8db5ebb4968de0e3bec910127f134779fbcb0cb6d3331163c';
  const enodes = [
    `enode://${id}@192.0.2.7:30303?discport=30301`,
    `enode://${id}@[2001:db8::1]:30303`,
    `enode://${id}@node.example:1`,
  ];
  const enr =
    'enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8';
  const genesis = [
    ...filesIn('chains/networks/testdata/cases', '.json'),
    ...filesIn('chains/networks/testdata/real', '.json'),
  ];
  const config = { revisit: '30m', networks: 'mainnet', port: 30_303, lease: '1m', bootnodes: enodes[0] };
  return [
    ofText('enodeUrl', enodes, (text) => [readEnodeUrl(text), tryTyped(() => parseEnode(text))]),
    ofText('enrText', [enr], (text) => parseEnr(curve, text)),
    ofText('bootnode', [...enodes, enr], (text) => readBootnode(curve, text)),
    {
      name: 'networkFile',
      samples: filesIn('chains/networks/data', '.json'),
      mutate: mutateJson,
      decode: (bytes) => parseNetworkFile(decoder.decode(bytes), 'a file'),
    },
    {
      name: 'genesis',
      samples: genesis.filter(({ length }) => length < 6_000),
      mutate: mutateJson,
      decode: (bytes) => importGenesis(decoder.decode(bytes), 'a file', { slug: 'own', name: 'Own' }),
    },
    ofJson('config', [config], (json) => loadConfig(crawlerDefinition, { file: { name: 'a file', json } })),
    ofText('scenario', [JSON.stringify({ version: 1, seed: 3, networks: [], nodes: [], faults: [] })], (text) =>
      parseScenario(text, 'a file'),
    ),
    ofText('timetable', ['*/5 * * * *', '10m', '17 4 * * 1-5'], isTimetable),
    ofText('words', ['1h30m', '192.0.2.7', '2001:db8::/32', '10.0.0.0/8', '::ffff:1.2.3.4'], (text) => [
      parseDuration(text),
      parseIp(text),
      parseCidr(text),
    ]),
  ];
}

/** The refusal is a value too, where two readers see one text. */
function tryTyped(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) return error.code;
    throw error;
  }
}

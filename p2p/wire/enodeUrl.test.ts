import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex } from './bytes.ts';
import { parseEnode, readEnodeUrl } from './enodeUrl.ts';
import { WireError } from './errors.ts';
import { formatEnode } from './nodeEndpoint.ts';

const key =
  'd860a01f9722d78051619d1e2351aba3f43f943f6f00718d1b9baa4101932a1f5011f16bb2b1bb35db20d6fe28fa0bf09636d26a87d31de9ec6203eeedb1f666';

test('enode URLs are read and written', () => {
  // The first is the mainnet bootnode of go-ethereum params/bootnodes.go.
  const cases: [string, { ip: string; udp: number; tcp: number }][] = [
    [`enode://${key}@18.138.108.67:30303`, { ip: '18.138.108.67', udp: 30303, tcp: 30303 }],
    [`enode://${key}@10.3.58.6:30303?discport=30301`, { ip: '10.3.58.6', udp: 30301, tcp: 30303 }],
    [`enode://${key}@10.3.58.6:0?discport=30301`, { ip: '10.3.58.6', udp: 30301, tcp: 0 }],
    [`enode://${key}@10.3.58.6:30303?discport=0`, { ip: '10.3.58.6', udp: 0, tcp: 30303 }],
    [`enode://${key}@[2001:db8::1]:30303`, { ip: '2001:db8::1', udp: 30303, tcp: 30303 }],
  ];
  for (const [url, endpoint] of cases) {
    const { id, ...rest } = parseEnode(url);
    assert.equal(bytesToHex(id), key, url);
    assert.deepEqual(rest, endpoint, url);
    assert.equal(formatEnode({ id, ...rest }), url);
  }
  assert.equal(parseEnode(`enode://${key.toUpperCase()}@[::FFFF:10.0.0.1]:1`).ip, '10.0.0.1');
});

test('what is no enode URL is a WireError', () => {
  const bad = [
    '',
    key,
    `enode://${key}`,
    `enode://${key.slice(2)}@1.2.3.4:30303`,
    `enode://${key}00@1.2.3.4:30303`,
    `enode://${key}@1.2.3.4`,
    `enode://${key}@1.2.3.4:65536`,
    `enode://${key}@1.2.3.256:30303`,
    `enode://${key}@1.2.3.4:30303?discport=65536`,
    `enode://${key}@1.2.3.4:30303?discport=`,
    `enode://${key}@1.2.3.4:30303&discport=1`,
    `enode://${key}@example.org:30303`,
    `enode://${key}@2001:db8::1:30303`,
    `http://${key}@1.2.3.4:30303`,
  ];
  for (const url of bad) {
    assert.throws(
      () => parseEnode(url),
      (error) => error instanceof WireError && error.code === 'enodeText',
      url,
    );
  }
});

test('URLs as they stand in the files of real networks', () => {
  const read = (host: string): unknown => {
    const parts = readEnodeUrl(`enode://${key}@${host}`);
    if (typeof parts === 'string') return parts;
    return `${parts.host.at === 'ip' ? parts.host.ip : parts.host.name} ${parts.udp} ${parts.tcp}`;
  };
  const cases: [string, string][] = [
    // GoQuorum's examples: raft.addPeer, static-nodes.json, permissioned-nodes.json.
    ['127.0.0.1:21000?discport=0&raftport=50401', '127.0.0.1 0 21000'],
    ['127.0.0.1:21000?raftport=50401&discport=0', '127.0.0.1 0 21000'],
    ['127.0.0.1:21000?raftport=50401', '127.0.0.1 21000 21000'],
    // Helm charts of Besu and GoQuorum, docker-compose.
    [
      'besu-node-validator-1-0.besu-node-validator-1.quorum.svc.cluster.local:30303?discport=0',
      'besu-node-validator-1-0.besu-node-validator-1.quorum.svc.cluster.local 0 30303',
    ],
    ['Validator-1.Example.Internal.:30303', 'validator-1.example.internal 30303 30303'],
    ['quorum_node_1:30303', 'quorum_node_1 30303 30303'],
    ['localhost:30303', 'localhost 30303 30303'],
    // What a node says about itself (admin.nodeInfo), and a listener for both families.
    ['[::]:30303?discport=0', ':: 0 30303'],
    ['[::ffff:127.0.0.1]:30303', '127.0.0.1 30303 30303'],
    ['[0:0:0:0:0:ffff:7f00:1]:30303', '127.0.0.1 30303 30303'],
    ['10.3.58.6:030303/?discport=30301#london', '10.3.58.6 30301 30303'],
    // What nobody can use.
    ['127.0.0.1:99999', 'portInvalid'],
    ['127.0.0.1:30303?discport=abc', 'portInvalid'],
    ['127.0.0.1:0', 'portInvalid'],
    ['127.0.0.1:-1', 'portInvalid'],
    ['127.0.0.1', 'portMissing'],
    ['node.example.org', 'portMissing'],
    ['node.example.org:', 'portMissing'],
    [':30303', 'addressMissing'],
    ['', 'addressMissing'],
    ['fe80::1:30303', 'hostInvalid'],
    ['[fe80::1%eth0]:30303', 'hostInvalid'],
    ['127.0.0.1.5:30303', 'hostInvalid'],
    ['127.1:30303', 'hostInvalid'],
    ['010.0.0.1:30303', 'hostInvalid'],
    ['0x7f000001:30303', 'hostInvalid'],
    ['<IP>:30303', 'hostInvalid'],
    ['-a.example:30303', 'hostInvalid'],
    [`${'a'.repeat(64)}.example:30303`, 'hostInvalid'],
  ];
  for (const [host, expected] of cases) assert.equal(read(host), expected, host);
  assert.equal(readEnodeUrl(key), 'addressMissing', 'a key alone, as geth takes it for trusted nodes');
  assert.equal(readEnodeUrl(`enode://${key}`), 'addressMissing');
  assert.equal(readEnodeUrl('enode://ab@127.0.0.1:30303'), 'keyInvalid');
  assert.equal(
    readEnodeUrl('<replace with enode://validator_machine_enodeID@validator_machine_ip:30303>'),
    'notNodeUrl',
  );
  assert.equal(typeof readEnodeUrl(`ENODE://${key.toUpperCase()}@10.0.0.1:1`), 'object');
});

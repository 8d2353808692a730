import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex } from './bytes.ts';
import { WireError } from './errors.ts';
import { formatEnode, idHash, parseEnode } from './nodeEndpoint.ts';

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

test('idHash is the DHT address that enr.md gives for its example key', () => {
  const id =
    'ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd31387574077f301b421bc84df7266c44e9e6d569fc56be00812904767bf5ccd1fc7f';
  const hash = bytesToHex(idHash(parseEnode(`enode://${id}@127.0.0.1:1`).id));
  assert.equal(hash, 'a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7');
});

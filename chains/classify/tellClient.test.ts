import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionText } from '../../lib/clientVersion.ts';
import { type HelloClaims, tellClient, tellCrawler } from './tellClient.ts';

function hello(clientName: string, capabilities = 'eth/68 snap/1', listenPort = 30_303): HelloClaims {
  const offers = capabilities.split(' ').map((text) => {
    const [name = '', version = ''] = text.split('/');
    return { name, version: Number(version) };
  });
  return { clientName, capabilities: offers, listenPort };
}

function told(claims: HelloClaims): [name: string | null, version: string | null, byCapability: boolean] {
  const { name, version, byCapability } = tellClient(claims);
  return [name, version === null ? null : versionText(version), byCapability];
}

test('relatives that kept the name of geth are told by what only they do', () => {
  // BSC 1.7.3 as a node of it said Hello; the same string without the capability is a geth's.
  const bsc = 'Geth/v1.7.3-e9d041e7/linux-amd64/go1.24.0';
  assert.deepEqual(told(hello(bsc, 'bsc/1 bsc/2 eth/68 snap/1')), ['bsc', '1.7.3', true]);
  assert.deepEqual(told(hello(bsc, 'diff/1 eth/66 eth/67 snap/1 trust/1')), ['bsc', '1.7.3', true]);
  assert.deepEqual(told(hello(bsc)), ['geth', '1.7.3', false]);
  // GoQuorum, with the capabilities of a QBFT validator.
  const quorum = 'Geth/node1-istanbul/v1.9.7-stable-6005360c(quorum-v22.7.1)/linux-amd64/go1.17.2';
  assert.deepEqual(told(hello(quorum, 'eth/65 eth/66 istanbul/64 istanbul/99 istanbul/100 snap/1')), [
    'goquorum',
    '22.7.1',
    false,
  ]);
  assert.equal(tellClient(hello(quorum)).label, 'node1-istanbul');
  // op-geth as an endpoint on an OP stack chain names it.
  assert.deepEqual(told(hello('Geth/v1.101315.3-stable-8af19cf2/linux-amd64/go1.22.6')), [
    'op-geth',
    '1.101315.3',
    false,
  ]);
});

test('a client that names itself is what it says, whatever it offers', () => {
  for (const [raw, name] of [
    ['bor/v2.0.0/linux-amd64/go1.22', 'bor'],
    ['CoreGeth/v1.12.20-stable-c2fb4412/linux-amd64/go1.21', 'coregeth'],
    ['ronin/v2.8.3-5e8a7a9c/linux-amd64/go1.20', 'ronin'],
    ['erigon/v3.0.3-d2afdc2b/linux-amd64/go1.23.8', 'erigon'],
    ['reth/v1.9.2-74351d9/x86_64-unknown-linux-gnu', 'reth'],
  ] as const) {
    assert.equal(tellClient(hello(raw, 'bsc/1 eth/68 ronin/1')).name, name);
  }
  assert.deepEqual(told(hello('geth/v0.0.1-dev/linux', 'eth/68')), ['geth', '0.0.1-dev', false]);
  assert.deepEqual(told(hello('', 'eth/68')), [null, null, false]);
});

test('crawlers and tools are named, and no client is taken for one', () => {
  for (const [claims, name] of [
    [hello('Forkscope/v0.1.0/linux-x64/node22.1.0'), 'forkscope'],
    [hello('Nodecrawler/v0.1.0-12345678/linux-amd64/go1.21.0', 'eth/68', 0), 'nodecrawler'],
    [hello('NodeCrawler/v0.1.0-dev/linux-amd64/go1.21.0', 'eth/68', 0), 'nodecrawler'],
    [hello('ethereum-scraper/1.0'), 'ethereum-scraper'],
    [hello('nebula/2.4.0'), 'nebula'],
    [hello('', 'eth/66 eth/67 eth/68 snap/1', 0), 'unnamed'],
  ] as const) {
    assert.equal(tellCrawler(claims), name, claims.clientName);
  }
  for (const raw of [
    'Geth/crawler/v1.13.15-stable-c5ba367e/linux-amd64/go1.21.6',
    'Geth/nebula/v1.13.15-stable/linux-amd64/go1.21.6',
    'reth/v1.9.2-74351d9/x86_64-unknown-linux-gnu',
    'server',
    '💥',
  ]) {
    assert.equal(tellCrawler(hello(raw)), null, raw);
  }
  assert.equal(tellCrawler(hello('', 'eth/68', 30_303)), null);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { versionText } from '../../lib/clientVersion.ts';
import { packageRoot } from '../../lib/packageRoot.ts';
import { type ClientName, parseClientName } from './clientName.ts';

const read = (name: string): string => readFileSync(join(packageRoot, 'chains/classify/testdata', name), 'utf8');

interface Fields {
  readonly name?: string | null;
  readonly version?: string | null;
  readonly label?: string | null;
  readonly commit?: string | null;
  readonly os?: string | null;
  readonly arch?: string | null;
  readonly language?: string | null;
}

function fieldsOf({ name, version, label, commit, os, arch, language }: ClientName): Required<Fields> {
  return {
    name,
    version: version === null ? null : versionText(version),
    label,
    commit,
    os,
    arch,
    language: language === null ? null : [language.name, language.version].filter((part) => part !== null).join(' '),
  };
}

function says(raw: string, expected: Fields): void {
  const fields = fieldsOf(parseClientName(raw));
  const asked = Object.fromEntries(Object.keys(expected).map((key) => [key, fields[key as keyof Fields]]));
  assert.deepEqual(asked, expected, raw);
}

test('text that an operator chose is the label and nothing else', () => {
  const cases: readonly [string, Fields][] = JSON.parse(read('identityLabels.json'));
  assert.equal(cases.length, 12);
  for (const [raw, expected] of cases) says(raw, expected);
});

/** One of each form, from 788 different strings that a crawler was told in 2021. */
const seen: readonly string[] = JSON.parse(read('seenClients.json')).strings;

test('every string that nodes sent has a name, a system and a language', () => {
  // Two tools that say less.
  const terse = seen.filter((raw) => !/^(?:ethereum-scraper|swarm)/.test(raw));
  assert.ok(terse.length > 200);
  for (const raw of terse) {
    const { name, os, language } = parseClientName(raw);
    assert.ok(name !== null && os !== null && language !== null, raw);
  }
});

/** Labels from those strings, from trackers, and made to be mistaken. */
const labels = [
  ...['node-1', '10.20.0.5', 'f3a9c1d2e4b5', '20240101', '991384a7', 'v2-archive', 'v1.2.3-rc1', '1.2.3', 'vnull'],
  ...['linux', 'linux-amd64', 'linux-box', 'x86_64', 'windows-vm-to-linux', 'darwin-arm64', 'arm'],
  ...['java-bank-a', 'openjdk-java-11', 'go1.20.1', 'rustc1.47.0', 'nodejs', 'dotnet8.0.4', '5.0.7', 'nim'],
  ...['北京节点', '💎', 'release', 'dev', 'DigiCoin Master Node 1', 'nodes/node3', 'stable', 'unknown', 'geth'],
  'etc.icanmining.ru - low fee pool on icanmining.ru',
  'enode://91a3c3d5e76b0acf05d9abddee959f1b@127.0.0.1:21000',
  'Geth/v9.9.9-stable-ffffffff/windows-386/go9.9',
];

test('no label changes what else a string says', () => {
  for (const raw of seen) {
    const bare = fieldsOf(parseClientName(raw));
    if (bare.label !== null || bare.version === null || raw.startsWith('Q-Client')) continue;
    const [name = '', ...rest] = raw.split('/');
    for (const label of labels) {
      const labelled = [name, label, ...rest].join('/');
      assert.deepEqual(fieldsOf(parseClientName(labelled)), { ...bare, label }, labelled);
    }
  }
});

test('strings from tests, documents and trackers of other projects', () => {
  // ethereum/node-crawler and angaz/node-crawler, apache/tuweni, the wiki of go-ethereum and of cpp-ethereum, and
  // documents of Mantis, Trinity, ethrex, XDC and op-geth.
  says('Q-Client/v1.0.8-stable/Geth/v1.10.8-stable-825470ee/linux-amd64/go1.16.15', {
    name: 'q-client',
    version: '1.0.8',
    os: 'linux',
    language: 'go 1.16.15',
  });
  says('nimbus-eth1 v0.1.0 [linux: amd64, rocksdb, nimvm, c0d52b]', {
    name: 'nimbus-eth1',
    version: '0.1.0',
    label: null,
    os: 'linux',
    arch: 'x86_64',
    language: 'nim',
  });
  says('/linux-amd64/go1.21.4', { name: null, version: null, os: 'linux', arch: 'x86_64', language: 'go 1.21.4' });
  says('reth/v1.9.2-74351d9/x86_64-unknown-linux-gnu/base/v0.2.1', {
    name: 'reth',
    version: '1.9.2',
    label: 'base/v0.2.1',
    commit: '74351d9',
  });
  says('reth-97c0e691d2f03d030756d1f4', { name: 'reth', version: null, commit: '97c0e691d2f03d030756d1f4' });
  says('Ethereum(++)/Peer Server Zero/v0.6.8d/Release/Linux/g++', {
    name: 'ethereum++',
    version: '0.6.8',
    label: 'Peer Server Zero',
    os: 'linux',
    language: 'c++',
  });
  says('++eth/v0.9.23/Release/Linux/g++/int', { name: '++eth', version: '0.9.23', label: null, os: 'linux' });
  says('++eth/v0.9.41-ed7a8a35/Windows', { name: '++eth', version: '0.9.41', commit: 'ed7a8a35', os: 'windows' });
  says('Nethermind/v1.0.0-rc28dev-c9d5542a/X64-Microsoft Windows 10.0.17134 /Core4.6.27617.05', {
    version: '1.0.0-rc28',
    commit: 'c9d5542a',
    os: 'windows',
    arch: 'x86_64',
    language: 'dotnet 4.6.27617.05',
  });
  says('Nethermind/v1.10.73-1-1599cf1f2-20210616/X64-Linux/5.0.1-servicing.20575.16', { language: 'dotnet 5.0.1' });
  says('mantis/v3.0-cd5ae33/linux-amd64/ubuntu-openjdk64bitservervm-java-11.0.9', {
    name: 'mantis',
    version: '3.0',
    commit: 'cd5ae33',
    language: 'java 11.0.9',
  });
  says('besu/v24.1.0/linux-aarch_64/-eclipseadoptium-openj9vm-java-17', { arch: 'arm64', language: 'java 17' });
  says('Trinity/v0.1.0a27/linux/cpython3.7.3', { version: '0.1.0-alpha.27', language: 'python 3.7.3' });
  says('ethrex/v0.1.0-HEAD-d3aa87a/aarch64-apple-darwin/rustc-v1.87.0', { version: '0.1.0', os: 'macos' });
  says('XDC/v2.7.0-devnet-abbf357e-20260327/linux-amd64/go1.25.8', { name: 'xdc', version: '2.7.0' });
  says('Getc/v6.1.0-4-g52059f1/linux/go1.14.2', { version: '6.1.0', commit: '52059f1' });
  says('Geth/vidc1.9.18-stable-81409944/linux-amd64/go1.14.4', { version: '1.9.18', commit: '81409944' });
  says('Geth/v1.13.15-stable-c5ba367e/linux-amd64/devel go1.23-abcdef01', { label: null, language: 'go 1.23' });
});

test('a geth that writes no version has none, whatever its operator writes', () => {
  for (const label of ['v2-archive', 'v2.0-archive', '10.20.0.5', '1.13.4', 'deadbeef01', '20240101']) {
    says(`Geth/${label}/linux-amd64/go1.21.0`, { name: 'geth', version: null, commit: null, label });
  }
});

test('a label is cut at 64 characters, without half of one, and holds nothing that steers a terminal', () => {
  const { label } = parseClientName(`Geth/${'💎'.repeat(70)}/v1.13.4-stable/linux-amd64/go1.21.3`);
  assert.ok(label !== null && label.length <= 64 && !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/.test(label));
  says('Geth/\u001b[31m\u202ered/v1.13.4-stable/linux-amd64/go1.21.3', { label: '[31mred', version: '1.13.4' });
});

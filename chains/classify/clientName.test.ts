import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareVersions, versionText } from '../../lib/clientVersion.ts';
import { parseClientName } from './clientName.ts';

/** Strings seen in the wild (tests of ethereum/node-crawler and angaz/node-crawler, Hello messages): what they say. */
const seen: [
  raw: string,
  name: string,
  version: string,
  label: string,
  commit: string,
  platform: string,
  language: string,
][] = [
  ['Geth/v1.10.3-stable-991384a7/linux-amd64/go1.16.3', 'geth', '1.10.3', '', '991384a7', 'linux x86_64', 'go 1.16.3'],
  [
    'Geth/goerli/v1.10.4-unstable-966ee3ae-20210528/linux-amd64/go1.16.4',
    'geth',
    '1.10.4-unstable',
    'goerli',
    '966ee3ae',
    'linux x86_64',
    'go 1.16.4',
  ],
  ['Geth/v1.1.20/linux', 'geth', '1.1.20', '', '', 'linux', ''],
  ['Geth/linux-amd64/go1.20.3', 'geth', '', '', '', 'linux x86_64', 'go 1.20.3'],
  ['besu/v21.7.0-RC1/darwin-x86_64/corretto-java-11', 'besu', '21.7.0-rc1', '', '', 'macos x86_64', 'java 11'],
  [
    'besu/v24.3-develop-b269020a3e/linux-x86_64/openjdk-java-21',
    'besu',
    '24.3-develop',
    '',
    'b269020a3e',
    'linux x86_64',
    'java 21',
  ],
  [
    'Nethermind/v1.26.0+0068729c/linux-x64/dotnet8.0.4',
    'nethermind',
    '1.26.0',
    '',
    '0068729c',
    'linux x86_64',
    'dotnet 8.0.4',
  ],
  [
    'erigon/v2021.06.5-alpha-a0694dd3/windows-x86_64/go1.16.5',
    'erigon',
    '2021.6.5-alpha',
    '',
    'a0694dd3',
    'windows x86_64',
    'go 1.16.5',
  ],
  [
    'OpenEthereum/v3.2.6-stable-f9f4926-20210514/x86_64-linux-gnu/rustc1.52.1',
    'openethereum',
    '3.2.6',
    '',
    'f9f4926',
    'linux x86_64',
    'rust 1.52.1',
  ],
  [
    'reth/v0.1.0-alpha.13-453f699/aarch64-unknown-linux-gnu',
    'reth',
    '0.1.0-alpha.13',
    '',
    '453f699',
    'linux arm64',
    '',
  ],
  [
    'reth/shemnon/v0.2.0-beta.4-c04dbe6e9/x86_64-apple-darwin',
    'reth',
    '0.2.0-beta.4',
    'shemnon',
    'c04dbe6e9',
    'macos x86_64',
    '',
  ],
  [
    'nimbus-eth1/v0.1.0-94198bcf/linux-amd64/Nim-2.0.10/nimvm',
    'nimbus-eth1',
    '0.1.0',
    '',
    '94198bcf',
    'linux x86_64',
    'nim 2.0.10',
  ],
  ['ethereumjs-devp2p/darwin-arm64/nodejs', 'ethereumjs-devp2p', '', '', '', 'macos arm64', 'nodejs'],
  ['bor/v0.3.2-beta/linux-amd64/go1.19.1', 'bor', '0.3.2-beta', '', '', 'linux x86_64', 'go 1.19.1'],
  [
    'Geth/v1.9.7-stable(quorum-v21.1.0)/linux-amd64/go1.19.8',
    'geth',
    '1.9.7',
    'quorum-v21.1.0',
    '',
    'linux x86_64',
    'go 1.19.8',
  ],
  ['EthereumJS/0.10.5/linux/node20.20.2', 'ethereumjs', '0.10.5', '', '', 'linux', 'nodejs 20.20.2'],
  [
    'ethrex/v6.0.0-main-1a2b3c4d/x86_64-unknown-linux-gnu/rustc-v1.88.0',
    'ethrex',
    '6.0.0-main',
    '',
    '1a2b3c4d',
    'linux x86_64',
    'rust 1.88.0',
  ],
  [
    'Parity-Ethereum//v2.7.2-stable-2662d19-20200206/x86_64-unknown-linux-gnu/rustc1.41.0',
    'parity-ethereum',
    '2.7.2',
    '',
    '2662d19',
    'linux x86_64',
    'rust 1.41.0',
  ],
  ['besu/vnull/linux-aarch_64/openjdk-java-17', 'besu', '', '', '', 'linux arm64', 'java 17'],
  ['Geth/vuntagged-0123abc-20230101/linux-386/go1.20', 'geth', '', '', '0123abc', 'linux x86', 'go 1.20'],
  // geth writes a `v` before whatever it calls its version: the hex is the operator's.
  ['geth/991384a7/freebsd-s390x/go1.22', 'geth', '', '991384a7', '', 'freebsd s390x', 'go 1.22'],
  ['server', 'server', '', '', '', '', ''],
  ['ethereumjs/undefined/linux', 'ethereumjs', '', '', '', 'linux', ''],
];

test('client strings seen in the wild', () => {
  for (const [raw, ...expected] of seen) {
    const { name, version, label, commit, os, arch, language } = parseClientName(raw);
    assert.deepEqual(
      [
        name,
        version === null ? '' : versionText(version),
        label ?? '',
        commit ?? '',
        [os, arch].filter((part) => part !== null).join(' '),
        language === null ? '' : [language.name, language.version].filter((part) => part !== null).join(' '),
      ],
      expected,
      raw,
    );
  }
});

test('what is no client string has no name', () => {
  for (const raw of [
    '',
    '/',
    '//v1.0.0',
    'enode://abc@1.2.3.4:30303',
    '\u0000\u0001',
    '<script>',
    '💥/v1',
    '9lives/v1',
    'x'.repeat(40),
  ]) {
    assert.equal(parseClientName(raw).name, null, JSON.stringify(raw));
  }
});

test('words of the language itself are no keys', () => {
  const client = parseClientName('geth/constructor/__proto__-hasOwnProperty/toString');
  assert.deepEqual([client.name, client.os, client.arch, client.version], ['geth', null, null, null]);
});

test('no string throws, takes long or grows', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      'v1.2.3',
      'v',
      'linux-amd64',
      'go1',
      '-'.repeat(200),
      '('.repeat(200),
      '1.'.repeat(200),
      'a-'.repeat(200),
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const client = parseClientName(parts.join('/'));
      assert.match(client.name ?? 'x', /^(?:\+\+)?[a-z][a-z0-9 ._+-]{0,31}$/);
      assert.ok((client.label ?? '').length <= 64);
      assert.ok((client.version?.numbers ?? []).every((n) => Number.isSafeInteger(n)));
      assert.match(client.commit ?? '0000000', /^[0-9a-f]{7,40}$/);
    }),
    { numRuns: 1000 },
  );
  parseClientName(`geth/${'java-'.repeat(1_000_000)}`);
});

test('versions in order', () => {
  const ascending = [
    'x/v0.9.12',
    'x/v1.0.0-unstable',
    'x/v1.0.0-alpha.2',
    'x/v1.0.0-alpha.13',
    'x/v1.0.0-beta.1',
    'x/v1.0.0-rc1',
    'x/v1.0.0-stable',
    'x/v1.0.1-unstable',
    'x/v1.2',
    'x/v1.10.0',
    'x/v2021.06.5',
  ].map((raw) => parseClientName(raw).version!);
  for (const [i, one] of ascending.entries()) {
    for (const [j, other] of ascending.entries()) {
      assert.equal(
        Math.sign(compareVersions(one, other)),
        Math.sign(i - j),
        `${versionText(one)} ${versionText(other)}`,
      );
    }
  }
  assert.equal(compareVersions({ numbers: [1, 2], preRelease: null }, { numbers: [1, 2, 0], preRelease: null }), 0);
});

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { bytesToHex } from '../../p2p/wire/bytes.ts';
import { forkIdAt } from '../../p2p/wire/forkId.ts';
import { loadBuiltinNetworks, loadNetworkFile, loadNetworkFiles } from './loadNetworks.ts';
import { NetworkFileError, parseNetworkFile, toNetworkFile } from './networkFile.ts';

const builtin = loadBuiltinNetworks();
const bySlug = new Map(builtin.map((network) => [network.slug, network]));

const good = {
  version: 1,
  slug: 'my-chain',
  name: 'My chain',
  networkId: 10,
  genesisHash: `0x${'ab'.repeat(32)}`,
  forks: [{ name: 'Berlin', block: 5 }],
  consensus: 'clique',
};

function problemsOf(file: unknown): string[] {
  const result = parseNetworkFile(typeof file === 'string' ? file : JSON.stringify(file), 'x.json');
  return 'problems' in result ? result.problems.map(({ field, problem }) => `${field}: ${problem}`) : [];
}

test('the networks that come with the package', () => {
  assert.deepEqual(
    [...bySlug.keys()],
    [
      'base',
      'bnb',
      'chiado',
      'ethereum-classic',
      'gnosis',
      'holesky',
      'hoodi',
      'mainnet',
      'mordor',
      'op-mainnet',
      'polygon',
      'sepolia',
    ],
  );
  for (const network of builtin) {
    assert.ok(network.source.length > 0, `${network.slug} names no source`);
    assert.ok(network.bootnodes.length > 0, `${network.slug} has no bootnode`);
    assert.ok(network.forks.every(({ name }) => name !== ''));
    assert.equal(network.forkHashes.length, network.forks.length + 1);
  }
});

test('Holesky has ended, and no other', () => {
  assert.deepEqual(
    builtin.flatMap(({ slug, ended }) => (ended === null ? [] : [[slug, ended]])),
    [['holesky', '2025-10-31']],
  );
  assert.match(problemsOf({ ...good, ended: 'soon' }).join(), /ended: expected a day such as/);
});

test('what a file says comes out of its network again', () => {
  for (const network of builtin) {
    const again = parseNetworkFile(JSON.stringify(toNetworkFile(network)), 'again.json');
    assert.ok('network' in again);
    assert.deepEqual(again.network, network);
  }
});

test('every published fork ID follows from the files', () => {
  const { rows } = JSON.parse(
    readFileSync(join(packageRoot, 'chains/networks/testdata/publishedForkIds.json'), 'utf8'),
  ) as unknown as { rows: { network: string; block: number; time: number; hash: string; next: number }[] };
  assert.equal(rows.length, 190);
  for (const { network: slug, block, time, hash, next } of rows) {
    const network = bySlug.get(slug);
    assert.ok(network, slug);
    const id = forkIdAt(network.schedule, { block: BigInt(block), time: BigInt(time) });
    assert.deepEqual([bytesToHex(id.hash), id.next], [hash, BigInt(next)], `${slug} at ${block}, ${time}`);
  }
});

const tables = [
  [
    'mainnet',
    'fc64ec04 97c2c34c 91d1f948 7a64da13 3edd5b10 a00bc324 668db0af 879d6e30 e029e991 0eb440f6 b715077d 20c327fc f0afd0e3 dce96c2d 9f3d2254 c376cf8b 5167e2a6 cba2a1c0 07c9462e',
  ],
  ['sepolia', 'fe3366e7 b96cbd13 f7f9bc08 88cf81d9 ed88b5fd e2ae4999 56078a1e 268956b6 6c1d9423'],
  ['holesky', 'c61a6098 fd4f016b 9b192ad0 dfbd9bed 783def52 a280a45c 9bc6cb31'],
  ['hoodi', 'bef71d30 0929e24e e7e0e7ff 3893353e 23aa1351'],
  [
    'gnosis',
    'f64909b1 fde2d083 fc1d8f2f 54d05e6c b6e6cd81 069a83d9 018479d3 2efe91ba 1384dfc1 2f095d4a d00284ad cfca387c',
  ],
] as const;

test('the whole table of fork hashes of each Ethereum network and Gnosis', () => {
  for (const [slug, hashes] of tables) {
    assert.equal(bySlug.get(slug)?.forkHashes.map(bytesToHex).join(' '), hashes, slug);
  }
});

test('the last fork hash of every file, as another CRC-32 (zlib) has it over the schedules of the sources', () => {
  assert.deepEqual(
    builtin.map(({ slug, forkHashes: hashes }) => [slug, bytesToHex(hashes.at(-1) ?? new Uint8Array())]),
    [
      ['base', '68647e86'],
      ['bnb', 'd38cc282'],
      ['chiado', '71c457cd'],
      ['ethereum-classic', 'be46d57c'],
      ['gnosis', 'cfca387c'],
      ['holesky', '9bc6cb31'],
      ['hoodi', '23aa1351'],
      ['mainnet', '07c9462e'],
      ['mordor', '3a6b00d7'],
      ['op-mainnet', 'c29239af'],
      ['polygon', '22d523b2'],
      ['sepolia', '6c1d9423'],
    ],
  );
});

test('each hash of the tables stands with its next', () => {
  const next = (slug: string, hash: string) => {
    const network = bySlug.get(slug);
    const index = network?.forkHashes.findIndex((h) => bytesToHex(h) === hash) ?? -1;
    assert.notEqual(index, -1, `${slug} ${hash}`);
    return network?.forks[index]?.at ?? 0n;
  };
  const rows: [string, string, bigint][] = [
    ['mainnet', 'fc64ec04', 1_150_000n],
    ['mainnet', '97c2c34c', 1_920_000n],
    ['mainnet', '91d1f948', 2_463_000n],
    ['mainnet', '7a64da13', 2_675_000n],
    ['mainnet', '3edd5b10', 4_370_000n],
    ['mainnet', 'a00bc324', 7_280_000n],
    ['mainnet', '668db0af', 9_069_000n],
    ['mainnet', '879d6e30', 9_200_000n],
    ['mainnet', 'e029e991', 12_244_000n],
    ['mainnet', '0eb440f6', 12_965_000n],
    ['mainnet', 'b715077d', 13_773_000n],
    ['mainnet', '20c327fc', 15_050_000n],
    ['mainnet', 'f0afd0e3', 1_681_338_455n],
    ['mainnet', 'dce96c2d', 1_710_338_135n],
    ['mainnet', '9f3d2254', 1_746_612_311n],
    ['mainnet', 'c376cf8b', 1_764_798_551n],
    ['mainnet', '5167e2a6', 1_765_290_071n],
    ['mainnet', 'cba2a1c0', 1_767_747_671n],
    ['mainnet', '07c9462e', 0n],
    ['sepolia', 'fe3366e7', 1_735_371n],
    ['sepolia', 'b96cbd13', 1_677_557_088n],
    ['sepolia', 'f7f9bc08', 1_706_655_072n],
    ['sepolia', '88cf81d9', 1_741_159_776n],
    ['sepolia', 'ed88b5fd', 1_760_427_360n],
    ['sepolia', 'e2ae4999', 1_761_017_184n],
    ['sepolia', '56078a1e', 1_761_607_008n],
    ['sepolia', '268956b6', 1_791_294_816n],
    ['sepolia', '6c1d9423', 0n],
    ['holesky', 'c61a6098', 1_696_000_704n],
    ['holesky', 'fd4f016b', 1_707_305_664n],
    ['holesky', '9b192ad0', 1_740_434_112n],
    ['holesky', 'dfbd9bed', 1_759_308_480n],
    ['holesky', '783def52', 1_759_800_000n],
    ['holesky', 'a280a45c', 1_760_389_824n],
    ['holesky', '9bc6cb31', 0n],
    ['hoodi', 'bef71d30', 1_742_999_832n],
    ['hoodi', '0929e24e', 1_761_677_592n],
    ['hoodi', 'e7e0e7ff', 1_762_365_720n],
    ['hoodi', '3893353e', 1_762_955_544n],
    ['hoodi', '23aa1351', 0n],
  ];
  for (const [slug, hash, expected] of rows) assert.equal(next(slug, hash), expected, `${slug} ${hash}`);
});

test('forks at one block share a row and keep both names', () => {
  const fork = bySlug.get('mainnet')?.forks.find(({ at }) => at === 7_280_000n);
  assert.deepEqual(fork, { name: 'Constantinople, Petersburg', kind: 'block', at: 7_280_000n });
});

test('a small file is enough; numbers above 2^53 come as text', () => {
  const result = parseNetworkFile(
    JSON.stringify({
      ...good,
      networkId: '18446744073709551615',
      forks: [{ name: 'Far', time: '18446744073709551615' }],
    }),
    'x.json',
  );
  assert.ok('network' in result);
  assert.equal(result.network.networkId, 0xffff_ffff_ffff_ffffn);
  assert.equal(result.network.forks[0]?.at, 0xffff_ffff_ffff_ffffn);
  assert.deepEqual(result.network.bootnodes, []);
});

test('every problem is named at once, each with its field', () => {
  const problems = problemsOf({
    version: 2,
    slug: 'My Chain',
    name: '',
    networkId: -1,
    genesisHash: '0x12',
    forks: [{ name: 'A', block: 1, time: 2 }, { name: 'B' }, { name: 'C', block: 1.5 }],
    bootnodes: ['enode://12@1.2.3.4:30303'],
    dns: ['https://example.org'],
    allowedCidrs: ['10.0.0.0/33'],
    consensus: 'magic',
    typo: 1,
  });
  for (const field of [
    'version: expected 1',
    'slug: expected lower-case',
    'name: ',
    'networkId: ',
    'genesisHash: expected 0x and 64',
    'forks[0]: expected exactly one',
    'forks[1]: expected exactly one',
    'forks[2].block: expected a whole number',
    'bootnodes[0]: expected enode',
    'dns[0]: expected enrtree',
    'allowedCidrs[0]: expected an IPv4',
    'consensus: ',
    ': Unrecognized key: "typo"',
  ]) {
    assert.ok(
      problems.some((problem) => problem.startsWith(field)),
      `${field} is not in\n${problems.join('\n')}`,
    );
  }
});

test('what is no file of ours is refused, never thrown upon', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    '{"version":1}',
    JSON.stringify({ ...good, networkId: '1'.repeat(21) }),
  ]) {
    assert.ok(problemsOf(text).length > 0, text);
  }
  assert.deepEqual(problemsOf({ ...good, networkId: '18446744073709551616' }), [
    'networkId: expected a number below 2^64',
  ]);
});

test('files are read from disk, and all their problems come together', () => {
  const folder = mkdtempSync(join(tmpdir(), 'networks-'));
  try {
    const path = (name: string) => join(folder, name);
    writeFileSync(path('a.json'), JSON.stringify(good));
    writeFileSync(path('b.json'), JSON.stringify({ ...good, consensus: 'none' }));
    writeFileSync(path('c.json'), JSON.stringify(good));
    assert.equal(loadNetworkFile(path('a.json')).slug, 'my-chain');
    assert.throws(
      () => loadNetworkFiles(['a.json', 'b.json', 'c.json', 'missing.json'].map(path)),
      (error) => {
        assert.ok(error instanceof NetworkFileError);
        assert.deepEqual(
          error.detail.problems.map(({ file, field }) => [file.slice(folder.length + 1), field]),
          [
            ['b.json', 'consensus'],
            ['c.json', 'slug'],
            ['missing.json', ''],
          ],
        );
        return true;
      },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { openEmptyDatabase, openTestDatabase } from '../testDatabase.ts';
import { putVisits } from '../testRows.ts';
import { exportSnapshot } from './exportSnapshot.ts';

const { signal } = new AbortController();
const now = Date.parse('2026-11-28T10:00:00Z');

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-snapshot-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Rows of a file, without quotes in them. */
function readCsv(path: string): Record<string, string>[] {
  const [names = '', ...lines] = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((value, at) => [names.split(',')[at] ?? '', value])),
  );
}

test('what researchers get: masked, described, of one key or of none', async (t) => {
  const folder = newFolder(t);
  const { sql, url } = await openTestDatabase(t);
  await sql`insert into codes (code) values ('hello')`;
  await sql`insert into clients (raw, name, version) values ('Geth/jane-doe-home/v1.2.3', 'geth', '1.2.3')`;
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, ip, client_no, enr)
    select decode(repeat(lpad(n::text, 2, '0'), 64), 'hex'), decode(repeat('00', 32), 'hex'), '2026-11-26', '2026-11-28',
      '2026-11-28', ip::inet, 1, 'enr:secret'
    from unnest(array['203.0.113.77', '2001:db8:1:2:3::4']) with ordinality as t (ip, n)`;
  for (const day of ['2026-11-26', '2026-11-27', '2026-11-28'])
    await sql`select create_visit_partition(${day}::text::date)`;
  await sql.begin((one) =>
    putVisits(
      one,
      `select timestamptz '2026-11-26T12:00Z' + d * interval '1 day' as at, node_no, 'here' as vantage, 'outbound' as direction,
        1 as stage_no, 1 as code_no, 1 as client_no, 5 as took_ms, 5 as rtt_ms, ip, 30303 as udp_port
      from nodes, generate_series(0, 2) d`,
    ),
  );
  await sql`select take_census('2026-11-28T09:00Z', 'here', '2026-11-28T09:00Z')`;
  const take = (name: string, key: Uint8Array | null, from: string | null = null) =>
    exportSnapshot({ url, path: join(folder, name), version: '1.2.3', now, from, until: null, key, signal });

  const key = Buffer.from('0b'.repeat(20), 'hex');
  const facts = await take('one', key);
  assert.deepEqual(readdirSync(join(folder, 'one')), [
    ...['README.md', 'counts.csv.gz', 'networks.csv.gz', 'nodes.csv.gz', 'visits.csv.gz'],
  ]);
  const visits = readCsv(join(folder, 'one/visits.csv.gz'));
  assert.equal(visits.length, 6);
  assert.deepEqual([...new Set(visits.map(({ ip_network }) => ip_network))].sort(), [
    '2001:db8:1::/48',
    '203.0.113.0/24',
  ]);
  assert.deepEqual(
    visits.map(({ at }) => at),
    visits.map(({ at }) => at).sort(),
  );
  const nodes = readCsv(join(folder, 'one/nodes.csv.gz'));
  assert.deepEqual(
    new Set(visits.map(({ node, ip_hash }) => `${node} ${ip_hash}`)),
    new Set(nodes.map(({ node, ip_hash }) => `${node} ${ip_hash}`)),
    'files join',
  );
  const counts = readCsv(join(folder, 'one/counts.csv.gz'));
  assert.ok(counts.some(({ cut, ids }) => cut === 'total' && ids === '2'));
  const all = readdirSync(join(folder, 'one')).map((name) => readFileSync(join(folder, 'one', name)));
  const text = all.map((bytes) => (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString()).join('\n');
  for (const secret of [
    '203.0.113.77',
    '2001:db8:1:2',
    'jane-doe',
    'enr:',
    '30303',
    '0101010101',
    key.toString('hex'),
  ]) {
    assert.ok(!text.includes(secret), secret);
  }
  const readme = readFileSync(join(folder, 'one/README.md'), 'utf8');
  for (const { file, rows } of facts.files) {
    assert.ok(readme.includes(`## ${file.name}.csv.gz`) && readme.includes(` ${rows} rows`), file.name);
    for (const { name } of file.columns) assert.ok(readme.includes(`\`${name}\` | `), name);
  }

  await take('same', key, '2026-11-28');
  const later = readCsv(join(folder, 'same/visits.csv.gz'));
  assert.deepEqual(
    later.map(({ node }) => node),
    visits.slice(4).map(({ node }) => node),
    'from a day on, and of one key',
  );
  await take('other', null);
  assert.notEqual(readCsv(join(folder, 'other/nodes.csv.gz'))[0]?.node, nodes[0]?.node);
  await assert.rejects(take('other', null), { code: 'backupFileExists' });
  assert.deepEqual(readdirSync(folder), ['one', 'other', 'same']);

  await assert.rejects(take('none/x', null), { code: 'backupFolderMissing' });
  await assert.rejects(take('one/README.md/x', null), { code: 'backupWriteFailed' });
  const empty = await openEmptyDatabase(t);
  const ofNothing = { url: empty.url, path: join(folder, 'empty'), version: '1.2.3', now, from: null, until: null };
  await assert.rejects(exportSnapshot({ ...ofNothing, key: null, signal }), { code: 'backupNoSchema' });
  assert.deepEqual(readdirSync(folder), ['one', 'other', 'same']);

  mkdirSync(join(folder, 'late.999999999.part'));
  writeFileSync(join(folder, 'late.999999999.part/counts.csv.gz'), 'of an export that was killed');
  const retention = await sql.reserve();
  await retention`select pg_advisory_lock(hashtext('forkscope.retention'), 0)`;
  let ended = false;
  const taking = take('late', null).finally(() => {
    ended = true;
  });
  const waits = () => retention`select 1 from pg_locks where locktype = 'advisory' and not granted`;
  while (!ended && (await waits()).length === 0) await pause(5);
  assert.equal(ended, false, 'a retention under way ends first, so that no day goes meanwhile');
  await retention`select pg_advisory_unlock_all()`;
  retention.release();
  await taking;
  assert.deepEqual(readdirSync(folder), ['late', 'one', 'other', 'same']);
});

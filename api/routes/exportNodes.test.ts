import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { csvField } from '../serialize/exportLines.ts';
import { openTestApi, testNow } from '../testkit/testApi.ts';
import { idOf, insertNetwork, insertNode } from '../testkit/testRows.ts';
import { maxExports, maxExportsOfClient } from './exportNodes.ts';

const hex = (index: number) => Buffer.from(idOf(index)).toString('hex');

test('the same nodes as the list, in each format', async (t) => {
  const api = await openTestApi(t);
  const { sql } = api;
  await insertNetwork(sql, 'mainnet', []);
  const client = { raw: '=cmd|"x", \u0007', name: 'geth', version: '1.16.4' };
  const enr = 'enr:-abc';
  await insertNode(sql, testNow, {
    index: 1,
    network: 'mainnet',
    client,
    identified: 3,
    reachable: 3,
    enr,
    capabilities: ['eth/68', 'eth/69'],
  });
  await insertNode(sql, testNow, { index: 2, network: 'mainnet', ip: '2001:db8::1', udp: 1, tcp: 2 });
  await insertNode(sql, testNow, { index: 3, alive: 200 });
  await sql`update nodes set enr_seq = 18446744073709551615 where enr is not null`;

  await t.test('csv', async () => {
    const { status, headers, text } = await api.get('/api/v1/nodes.csv?network=mainnet');
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.equal(headers.get('content-disposition'), 'attachment; filename="nodes.csv"');
    const [head = '', first = '', second = '', ...rest] = text.split('\r\n');
    assert.deepEqual(rest, ['']);
    assert.match(head, /^id,enode,ip,udp,tcp,populations,.*,head_number$/);
    assert.ok(
      first.startsWith(
        `${hex(1)},enode://${hex(1)}@192.0.2.1:30303,192.0.2.1,30303,30303,seen alive reachable identified,`,
      ),
    );
    assert.ok(first.includes(`,geth,1.16.4,,,,"'=cmd|""x"", \\x07",eth/68 eth/69,mainnet,status,`), first);
    assert.ok(second.startsWith(`${hex(2)},enode://${hex(2)}@[2001:db8::1]:2?discport=1,`));
  });

  await t.test('ndjson', async () => {
    const listed = await api.get('/api/v1/nodes?window=now');
    const { text, headers } = await api.get('/api/v1/nodes.ndjson?window=now');
    assert.equal(headers.get('content-type'), 'application/x-ndjson');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(lines.length, 2);
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    assert.deepEqual(lines.toSorted(byId), listed.body.nodes.toSorted(byId));
  });

  await t.test("geth's node set", async () => {
    const { text } = await api.get('/api/v1/nodes.json?network=mainnet');
    assert.ok(text.includes('"seq": 18446744073709551615,'), text);
    const set = JSON.parse(text);
    const hash = (index: number) => hex(index).slice(0, 64);
    assert.deepEqual(Object.keys(set).toSorted(), [hash(1), hash(2)].toSorted());
    assert.deepEqual(set[hash(2)], {
      seq: 0,
      record: `enode://${hex(2)}@[2001:db8::1]:2?discport=1`,
      score: 1,
      firstResponse: '2026-02-28T02:40:00.000Z',
      lastResponse: '2026-03-01T11:59:00.000Z',
      lastCheck: '2026-02-28T02:40:00.000Z',
    });
    assert.deepEqual([set[hash(1)].record, set[hash(1)].score], [enr, 3]);
  });

  await t.test('of nothing they are empty, but whole', async () => {
    assert.deepEqual(JSON.parse((await api.get('/api/v1/nodes.json?q=no%20such%20label')).text), {});
    assert.equal((await api.get('/api/v1/nodes.ndjson?q=no%20such%20label')).text, '');
    assert.equal((await api.get('/api/v1/nodes.csv?q=no%20such%20label')).text.split('\r\n').length, 2);
  });

  await t.test('a page cannot be asked for, nor anything that the list refuses', async () => {
    for (const query of ['limit=5', 'cursor=abc', 'q=1.2.3.4.5', 'population=no']) {
      const { status, body } = await api.get(`/api/v1/nodes.csv?${query}`);
      assert.deepEqual([status, body.details[0].path], [400, query.split('=')[0]], query);
    }
  });

  await t.test('masked sites', async (tt) => {
    const masked = await openTestApi(tt, { sql, maskIps: true });
    const { text } = await masked.get('/api/v1/nodes.csv');
    assert.match(text, /,192\.0\.2\.0\/24,/);
    assert.doesNotMatch(text, /192\.0\.2\.1|db8::1/);
    assert.equal((await masked.get('/api/v1/nodes.json')).status, 400);
  });
});

test('a spreadsheet is given no formula', () => {
  assert.deepEqual(['=1', '+1', '-1', '@a', '\t=1', 'a=1', 'a,b', 'a"b', 'a\nb', '=a,b'].map(csvField), [
    "'=1",
    "'+1",
    "'-1",
    "'@a",
    "'\t=1",
    'a=1',
    '"a,b"',
    '"a""b"',
    '"a\nb"',
    `"'=a,b"`,
  ]);
});

test('many nodes come once each while the crawlers write; only so many exports run at once', async (t) => {
  // Those that read nothing are borne with until the end, however slow this machine is.
  const api = await openTestApi(t, { exportReader: { windowMs: 600_000, leastBytes: 1 } });
  const { sql } = api;
  await sql`
    insert into nodes (id, id_hash, first_seen, last_seen, last_alive, ip)
    select sha512(int4send(i)), sha256(int4send(i)), at, at, at, '192.0.2.1'
    from (select i, ${new Date(testNow)}::timestamptz - i * interval '1 second' as at from generate_series(1, 20500) i) rows`;
  const rewrite = async () => {
    for (let part = 0; part < 20; part++) {
      await sql`update nodes set last_alive = ${new Date(testNow)}, last_seen = ${new Date(testNow)} where node_no % 20 = ${part}`;
    }
  };
  const [{ text }] = await Promise.all([api.get('/api/v1/nodes.csv'), rewrite()]);
  const ids = text
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .map((line) => line.slice(0, 128));
  assert.deepEqual([ids.length, new Set(ids).size], [20_500, 20_500]);

  // Callers that read nothing keep their exports open: more is in the way than the sockets take.
  const slow: IncomingMessage[] = [];
  const openSlow = async (client: number, url = api.url): Promise<IncomingMessage> => {
    const localAddress = `127.0.0.${client + 10}`;
    const request = get(`${url}/api/v1/nodes.ndjson`, { agent: false, localAddress });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => {}).pause();
    slow.push(response);
    return response;
  };
  for (let index = 0; index < maxExports; index++) {
    const client = Math.floor(index / maxExportsOfClient);
    assert.equal((await openSlow(client)).statusCode, 200);
    // A client that has its share is in nobody's way but its own.
    if (index === maxExportsOfClient - 1) {
      assert.equal((await openSlow(client)).statusCode, 503);
      assert.equal((await api.get('/api/v1/nodes.ndjson?q=no%20such%20label')).status, 200);
    }
  }
  const refused = await api.get('/api/v1/nodes.ndjson?q=no%20such%20label');
  assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable']);
  // Nor do they keep anybody else from the database.
  assert.equal((await api.get('/api/v1/nodes')).status, 200);
  for (const response of slow) response.destroy();
  let status = 503;
  for (let round = 0; round < 200 && status === 503; round++)
    status = (await api.get('/api/v1/nodes.ndjson?q=no%20such%20label')).status;
  assert.equal(status, 200);
  assert.deepEqual(
    api.complaints.filter((line) => !/too many exports|exports of yours/.test(line)),
    [],
  );

  // And none is kept by a caller who takes nothing.
  const strict = await openTestApi(t, { sql, exportReader: { windowMs: 2_000, leastBytes: 1 } });
  const third = () => openSlow(0, strict.url);
  for (let index = 0; index < maxExportsOfClient; index++) assert.equal((await third()).statusCode, 200);
  assert.equal((await third()).statusCode, 503);
  for (const end = Date.now() + 10_000; ; await setTimeout(100)) {
    if ((await third()).statusCode === 200) break;
    assert.ok(Date.now() < end, 'the exports are still taken');
  }
  for (const response of slow) response.destroy();

  // Nor by one who takes a little now and then; whoever takes enough gets all.
  const brisk = await openTestApi(t, { sql, exportReader: { windowMs: 1_000, leastBytes: 4 << 20 } });
  const trickle = await openSlow(0, brisk.url);
  // It ends with an error, which is no fault here: `once` would take it for one.
  const gone = new Promise((resolve) => trickle.once('close', () => resolve('gone')));
  const sips = setInterval(() => trickle.read(65_536), 100);
  t.after(() => clearInterval(sips));
  const ended = await Promise.race([gone, setTimeout(15_000, 'still there', { ref: false })]);
  clearInterval(sips);
  assert.equal(ended, 'gone');
  assert.equal((await brisk.get('/api/v1/nodes.ndjson')).text.trimEnd().split('\n').length, 20_500);

  // An export that broke off goes on behind the last node that came.
  const rest = await api.get(`/api/v1/nodes.csv?after=${ids[20_000]}`);
  const after = rest.text.trimEnd().split('\r\n').slice(1);
  assert.deepEqual(
    after.map((line) => line.slice(0, 128)),
    ids.slice(20_001),
  );
  const strange = await api.get(`/api/v1/nodes.csv?after=${'ab'.repeat(64)}`);
  assert.deepEqual([strange.status, strange.body.code], [400, 'unknownValue']);
});

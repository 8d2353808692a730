import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../lib/packageRoot.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { startRaftCluster } from '../testkit/raftCluster.ts';

const script = join(packageRoot, 'dist/bin/forkscope.js');

function forkscope(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = forkscope(args);
  let out = '';
  let err = '';
  child.stdout.on('data', (text) => {
    out += String(text);
  });
  child.stderr.on('data', (text) => {
    err += String(text);
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

test('forkscope raft replay and blocks print JSON; a wrong call is exit code 2', async () => {
  const recorded = (name: string): string => join(packageRoot, 'consortium/testdata', name);
  const [replay, blocks, wrong, nothing] = await Promise.all([
    ended(['raft', 'replay', recorded('07-rolling-restart.jsonl'), '--json']),
    ended(['raft', 'blocks', '--json', recorded('10-blocks-extraData-raftId.jsonl')]),
    ended(['raft', 'replay', join(packageRoot, 'package.json'), '--json']),
    ended(['raft', 'lead']),
  ]);
  assert.equal(JSON.parse(replay.out).leaderChanges, 2, replay.err);
  assert.equal(JSON.parse(blocks.out)[4].raftId, 2, blocks.err);
  assert.deepEqual([wrong.code, wrong.out], [2, '']);
  assert.match(wrong.err, /line 1/);
  assert.equal(nothing.code, 2);
  assert.match(nothing.err, /watch, replay FILE, blocks FILE/);
});

test('forkscope raft watch goes on where its metrics port is taken, and says so', async (t) => {
  const database = await openTestDatabase(t);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const child = forkscope(['raft', 'watch', `--raft-metrics-port=${port}`, '--log-format=json'], {
    FORKSCOPE_RAFT_CLUSTERS: JSON.stringify([
      { name: 'mock', endpoints: [{ name: 'nowhere', url: 'http://127.0.0.1:1' }] },
    ]),
    DATABASE_URL: database.url,
  });
  t.after(() => child.kill('SIGKILL'));
  const log: Record<string, unknown>[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    log.push(JSON.parse(line));
    if (log.at(-1)?.message === 'raft watcher is running') child.kill('SIGTERM');
  }
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  assert.equal(code, 0, JSON.stringify(log));
  const warned = log.find(({ level }) => level === 'warn');
  assert.deepEqual([warned?.message, warned?.port], ['cannot serve metrics; continuing without them', port]);
  assert.equal(log.at(-1)?.message, 'raft watcher has written everything it knows');
});

test('forkscope raft watch polls, serves metrics, tells a webhook, hides secrets and ends on SIGTERM', async (t) => {
  const cluster = await startRaftCluster({
    seed: 4,
    nodes: 3,
    // It churns until the watcher has seen enough of it, however slow the machine.
    faults: [{ at: 5_000, kind: 'churn', everyMs: 2_500, forMs: 120_000 }],
  });
  const told: string[] = [];
  const hook = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    told.push(JSON.parse(text).text);
    response.end();
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const database = await openTestDatabase(t);
  await cluster.playTo(3_000);
  let playing: NodeJS.Timeout | undefined;
  // Says back whatever it is told, in every way that a proxy might.
  const echo = createServer((request, response) => {
    const told = JSON.stringify([request.url, request.headers]);
    response.writeHead(echoes % 2 === 0 ? 401 : 200, told.replace(/[^\x20-\x7e]/g, ''), { 'x-echo': encodeURI(told) });
    response.end(
      [told, `<html>${told}</html>`, JSON.stringify({ error: { code: -32001, message: told } })][echoes % 3],
    );
    echoes += 1;
  }).listen(0, '127.0.0.1');
  let echoes = 0;
  await once(echo, 'listening');
  const echoUrl = `http://127.0.0.1:${(echo.address() as AddressInfo).port}/`;
  const child = forkscope(['raft', 'watch', '--raft-metrics-port=0', '--log-format=json', '--log-level=debug'], {
    FORKSCOPE_RAFT_CLUSTERS: JSON.stringify([
      {
        name: 'mock',
        intervalMs: 1_000,
        timeoutMs: 500,
        churnThreshold: 2,
        endpoints: [
          { name: 'first', url: { env: 'FIRST_URL' } },
          { name: 'second', url: cluster.urls[1], bearerToken: { env: 'MOCK_TOKEN' }, probeUrl: cluster.urls[1] },
          { name: 'third', url: cluster.urls[2] },
          {
            name: 'echo',
            url: { env: 'ECHO_URL' },
            headers: { 'x-api-key': { env: 'ECHO_KEY' } },
            bearerToken: { env: 'MOCK_TOKEN' },
            probeUrl: `${echoUrl}`,
          },
          { name: 'nowhere', url: { env: 'NOWHERE_URL' } },
        ],
      },
    ]),
    FORKSCOPE_NOTIFY_TARGETS: JSON.stringify([
      { name: 'ops', kind: 'slack', url: { env: 'MOCK_HOOK' } },
      { name: 'echo', kind: 'webhook', url: { env: 'ECHO_URL' }, headers: { authorization: { env: 'ECHO_KEY' } } },
      { name: 'nowhere', kind: 'alertmanager', url: { env: 'NOWHERE_URL' } },
    ]),
    ECHO_URL: `${echoUrl}rpc?key=query-hunter2`,
    ECHO_KEY: 'key-hunter2',
    NOWHERE_URL: 'http://user:nowhere-hunter2@127.0.0.1:1/path-hunter2',
    FIRST_URL: cluster.urls[0]?.replace('//', '//user:url-hunter2@'),
    MOCK_TOKEN: 'token-hunter2',
    DATABASE_URL: database.url,
    MOCK_HOOK: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook-hunter2`,
  });
  try {
    const log: string[] = [];
    const lines = createInterface({ input: child.stderr });
    const metricsUrl = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        log.push(line);
        const { message, url } = JSON.parse(line);
        if (message === 'metrics are served') resolve(url);
      });
      child.on('exit', (code) => reject(new Error(`ended with ${code}: ${log.join('\n')}`)));
    });
    const waitFor = async (what: string, isSo: () => boolean): Promise<void> => {
      const until = Date.now() + 90_000;
      while (!isSo()) {
        assert.ok(Date.now() < until, `not within 90 s: ${what}; log: ${log.join('\n')}`);
        await delay(50);
      }
    };
    await waitFor('a leader is confirmed', () => log.some((line) => line.includes('leaderGained')));
    const startedAt = Date.now();
    playing = setInterval(() => void cluster.playTo(3_000 + Date.now() - startedAt), 40);
    await waitFor('the webhook is told', () => told.length > 0);
    assert.match(told[0] ?? '', /\*(WARNING|CRITICAL)\* RaftLeaderChurn/);
    const metrics = await (await fetch(metricsUrl)).text();
    assert.match(metrics, /forkscope_raft_node_up\{cluster="mock",node="(first|second)"\} 1/);
    assert.match(metrics, /forkscope_raft_leader_changes_total\{cluster="mock",source="rpc"\} [2-9]/);
    assert.match(
      metrics,
      /forkscope_raft_raft_port_up|forkscope_raft_clock_offset_seconds\{cluster="mock",node="second"\}/,
    );
    // A node that refuses is asked less and less often.
    await waitFor('it was asked in every way', () => echoes >= 6);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, log.join('\n'));
    assert.ok(log.some((line) => line.includes('leaderChanged')));
    const rows = await database.sql`
      select c::text, (select jsonb_agg(e) from events e)::text as events, (select jsonb_agg(v) from raft_views v)::text as views
      from raft_clusters c`;
    assert.match(rows[0]?.events, /"leaderChanged"/);
    assert.ok(!/hunter2/.test(log.join() + metrics + told.join() + JSON.stringify(rows)));
    for (const result of ['unauthorized', 'refused']) {
      assert.ok(
        log.some((line) => line.includes('gives no view') && line.includes(`"${result}"`)),
        result,
      );
    }
    assert.ok(log.some((line) => JSON.parse(line).level === 'warn' && line.includes('"nowhere"')));
  } finally {
    clearInterval(playing);
    child.kill('SIGKILL');
    for (const server of [hook, echo]) {
      server.close();
      server.closeAllConnections();
    }
    await cluster.close();
  }
});

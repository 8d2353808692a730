import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import type { Logger } from './logger.ts';
import { openMetricsServer } from './metricsServer.ts';

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

test('metrics on loopback are shown under its names alone', async () => {
  await using server = await openMetricsServer(new Registry(), { host: '127.0.0.1', port: 0 }, silent);
  assert.ok(server);
  const statusUnder = async (host: string): Promise<number | undefined> => {
    const [answer]: IncomingMessage[] = await once(get(server.url, { headers: { host } }), 'response');
    answer?.resume();
    return answer?.statusCode;
  };
  assert.equal(await statusUnder('localhost:9101'), 200);
  assert.equal(await statusUnder('rebound.example:9101'), 421);
});

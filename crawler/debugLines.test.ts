import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields, Logger } from '../lib/logger.ts';
import { parseScenario } from '../lib/scenarioFile.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';
import { makeContact, makeFullVisit, makeVisit } from '../testkit/makeVisit.ts';
import { openVirtualCrawl } from '../testkit/virtualCrawl/virtualCrawl.ts';
import { logDial, logVisit } from './debugLines.ts';

const minute = 60_000;

/** A logger that keeps its debug lines. */
function keep() {
  const lines: { message: string; fields: LogFields }[] = [];
  const debug: Logger['debug'] = (message, fields = {}) => {
    lines.push({ message, fields: typeof fields === 'function' ? fields() : fields });
  };
  return { lines, log: { debug, info() {}, warn() {}, error() {} } satisfies Logger };
}

test('a crawl at debug writes one line for each visit and one for each dial', async (t) => {
  const scenario = parseScenario(
    JSON.stringify({
      version: 1,
      seed: 5,
      networks: [],
      nodes: [
        { name: 'full', count: 6, client: 'Geth/v1.17.5-stable/linux-amd64/go1.26.0', network: 'mainnet' },
        { name: 'busy', count: 3, client: 'reth/v2.1.0/x86_64', network: 'mainnet', reachability: 'busy' },
        { name: 'dead', count: 2, client: 'none', network: 'mainnet', reachability: 'dead' },
      ],
    }),
    'the test',
  );
  const { lines, log } = keep();
  const { url } = await openTestDatabase(t);
  await using crawl = await openVirtualCrawl({ scenario, seed: 1, databaseUrl: url, onDebug: log.debug });
  const crawler = crawl.start('here', { revisit: '2m' });
  await crawl.pass(5 * minute);
  await crawler.stop();

  const visits = await crawl.sql<Seen[]>`
    select left(encode(n.id, 'hex'), 16) as id, v.direction, s.code as stage, c.code
    from visits v join nodes n using (node_no)
    join codes c on c.code_no = v.code_no join codes s on s.code_no = v.stage_no`;
  assert.ok(visits.length > 20, `${visits.length} visits`);
  const seen = lines.filter(({ message }) => message === 'visit').map(({ fields }) => fields);
  assert.deepEqual(sorted(seen.map(textOf)), sorted(visits.map(textOf)));
  const dials = lines.filter(({ message }) => message === 'dial').map(({ fields }) => fields);
  const undialled = ['notDialled', 'dialPaused', 'dialThrottled'];
  const dialled = visits.filter(({ stage, code }) => stage !== 'none' && !undialled.includes(code));
  assert.deepEqual(
    sorted(dials.map((fields) => textOf({ ...fields, direction: 'outbound' }))),
    sorted(dialled.map(textOf)),
  );
  assert.ok(dials.length > 9 && dials.length < visits.length, `${dials.length} dials`);
  assert.equal(lines.length, seen.length + dials.length, 'nothing else is said at debug');
  const [met] = dials.filter(({ code }) => code === 'ok');
  assert.match(String(met?.endpoint), /^127\.90\.\d+\.\d+:30303$/);
  assert.equal(met?.client, 'Geth/v1.17.5-stable/linux-amd64/go1.26.0');
  assert.ok(Number(met?.ms) >= 0);
  const silent = seen.filter(({ stage }) => stage === 'none');
  assert.ok(silent.some(({ code, client }) => code === 'pingTimeout' && client === undefined));
});

interface Seen extends Record<string, unknown> {
  readonly id: string;
  readonly direction: string;
  readonly stage: string;
  readonly code: string;
}

function textOf({ id, direction, stage, code }: Partial<Record<keyof Seen, unknown>>): string {
  return `${id} ${direction} ${stage} ${code}`;
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted();
}

test('what a line says of a node: a short ID, its endpoint, and its client made safe', () => {
  const { lines, log } = keep();
  const hostile = 'Geth/v1\u001b[2J\u202e\r\nerror: all is lost';
  const record = makeFullVisit(1, 0, 'mainnet', hostile);
  logVisit(log, { ...record, outcome: { ...record.outcome, contact: makeContact(1, '2001:db8::1'), tookMs: 12.6 } });
  const left = makeVisit(2, 0, { direction: 'inbound', stage: 'hello', code: 'disconnected', remoteReason: 4 });
  logVisit(log, left);
  logDial(log, makeContact(1, '192.0.2.7'), { ...record.outcome, stage: 'status', code: 'ok' }, 7);
  const [v6, inbound, dial] = lines.map(({ fields }) => fields);
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['visit', 'visit', 'dial'],
  );
  assert.match(String(v6?.id), /^[0-9a-f]{16}$/);
  assert.equal(v6?.endpoint, `[2001:db8::1]:${makeContact(1).udp}`);
  assert.equal(v6?.ms, 13);
  assert.equal(v6?.client, 'Geth/v1\\x1b[2J\\u{202e}\\x0d\\x0aerror: all is lost');
  assert.deepEqual(
    { ...inbound, id: '', endpoint: '', ms: 0 },
    {
      ...{ direction: 'inbound', id: '', endpoint: '', stage: 'hello', code: 'disconnected' },
      ...{ remoteReason: 4, wireCode: undefined, client: undefined, clockSkewMs: undefined, ms: 0 },
    },
  );
  assert.equal(dial?.endpoint, `192.0.2.7:${makeContact(1).tcp}`);
  assert.equal(dial?.client, v6?.client);
});

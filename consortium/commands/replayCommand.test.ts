import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { runRaftBlocks } from './blocksCommand.ts';
import { runRaftReplay } from './replayCommand.ts';

const folder = mkdtempSync(join(tmpdir(), 'forkscope-replay-'));
after(() => rmSync(folder, { recursive: true }));
const recorded = (name: string): string => join(packageRoot, 'consortium/testdata', name);

async function run(command: typeof runRaftReplay, ...args: string[]) {
  let out = '';
  let err = '';
  const code = await command(args, {
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

test('replay --json prints one object with the agreed fields and no others', async () => {
  const { code, out } = await run(runRaftReplay, recorded('02-leader-frozen-6s.jsonl'), '--json');
  assert.equal(code, 0);
  const replay = JSON.parse(out);
  assert.deepEqual(Object.keys(replay), ['leaderChanges', 'states', 'events']);
  assert.deepEqual(replay.states[1], { t: 3380, state: 'confirmed', leader: 1, votes: 2, voters: 3, votersActive: 3 });
  assert.deepEqual(Object.keys(replay.events[1]).sort(), [
    'at',
    'cluster',
    'detectedAt',
    'from',
    'gap',
    'kind',
    'observers',
    'source',
    'to',
    'voters',
    'votes',
  ]);
});

test('replay and blocks have a form for human readers too', async () => {
  const replay = await run(runRaftReplay, recorded('06-quorum-lost-lone-minter.jsonl'));
  assert.match(replay.out, /^leader changes: 0\n/);
  assert.match(replay.out, /2\.1 s {2}noQuorum, votes 1 of 3, active 1/);
  const blocks = await run(runRaftBlocks, recorded('10-blocks-extraData-raftId.jsonl'));
  assert.match(blocks.out, /1 {2}raft ID 2 {2}2026-11-22T23:10:43\.742Z/);
});

test('blocks --json keeps every nanosecond', async () => {
  const { code, out } = await run(runRaftBlocks, recorded('10-blocks-extraData-raftId.jsonl'), '--json');
  assert.equal(code, 0);
  assert.match(out, /\{"number":1,"raftId":2,"timestamp":1795389043742277038\}/);
  assert.deepEqual(
    JSON.parse(out).map((block: { raftId: number | null }) => block.raftId),
    [null, 2, 3, 1, 2, 3],
  );
});

test('a node that answers null for itself is counted: two of three are seen alive, and neither is taken for another', async () => {
  const { code, out } = await run(runRaftReplay, recorded('17-null-self.jsonl'), '--json');
  assert.equal(code, 0);
  const { states, events, leaderChanges } = JSON.parse(out);
  assert.equal(leaderChanges, 0);
  assert.deepEqual(states.at(-1), { t: 0, state: 'confirmed', leader: 1, votes: 3, voters: 3, votersActive: 3 });
  assert.deepEqual(
    events.map(({ kind }: { kind: string }) => kind),
    ['leaderGained'],
  );
  // Also from a start in the middle of it.
  const lines = readFileSync(recorded('17-null-self.jsonl'), 'utf8').trim().split('\n');
  const late = join(folder, 'late.json');
  writeFileSync(late, `[${lines.slice(3).join(',\n')}]`);
  const restarted = JSON.parse((await run(runRaftReplay, late, '--json')).out);
  const { state, leader, votes, voters, votersActive } = restarted.states.at(-1);
  assert.deepEqual([state, leader, votes, voters, votersActive], ['confirmed', 1, 2, 3, 2]);
});

test('recordings are read as JSON Lines, as an array, and as one value over several lines', async () => {
  const minters = async (file: string) =>
    JSON.parse((await run(runRaftBlocks, file, '--json')).out).map(({ raftId }: { raftId: number | null }) => raftId);
  assert.deepEqual(await minters(recorded('21-blocks-array.json')), [null, 2, 3, 1, 2, 3]);
  const header = JSON.parse(readFileSync(recorded('21-blocks-array.json'), 'utf8'))[1];
  const file = join(folder, 'one.json');
  for (const value of [header, { jsonrpc: '2.0', id: 1, result: header }]) {
    for (const indent of [0, 2]) {
      writeFileSync(file, JSON.stringify(value, null, indent));
      assert.deepEqual(await minters(file), [2]);
    }
  }
  writeFileSync(file, JSON.stringify([{ jsonrpc: '2.0', id: 1, result: header }]));
  assert.deepEqual(await minters(file), [2], 'the answer to a batch');
  writeFileSync(file, '[{"t":0,"nodes":{}},{"t":1}]');
  assert.match((await run(runRaftReplay, file)).err, /entry 2: "nodes" must be an object/);
  writeFileSync(file, '[{"t":0,"nodes":{}},');
  assert.match((await run(runRaftReplay, file)).err, /not JSON/);
});

test('a bad file is exit code 2 and one line that names the line', async () => {
  const good = '{"t":0,"nodes":{}}\n';
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['notJson', `${good}{"t":`, /line 2: not JSON \[recordingJson\]/],
    ['noTime', `${good}\n{"nodes":{}}`, /line 3: "t" must be a number of ms/],
    ['noNodes', '{"t":0}', /line 1: "nodes" must be an object/],
    ['noAnswer', '{"t":0,"nodes":{"1":{"raft_role":"minter"}}}', /line 1: "nodes\.1\.raft_role" must be \{result\}/],
    ['backwards', '{"t":5,"nodes":{}}\n{"t":4,"nodes":{}}', /line 2: t goes back from 5 to 4 \[recordingTime\]/],
    ['empty', '\n\n', /recordingEmpty/],
  ];
  for (const [name, content, message] of cases) {
    const file = join(folder, `${name}.jsonl`);
    writeFileSync(file, content);
    const { code, out, err } = await run(runRaftReplay, file, '--json');
    assert.deepEqual([code, out], [2, ''], name);
    assert.match(err, message, name);
    assert.equal(err.trim().split('\n').length, 1, name);
  }
  const windows = join(folder, 'windows.jsonl');
  writeFileSync(windows, '\ufeff{"t":0,"nodes":{}}\r\n\r\n{"t":0,"nodes":{}}\r\n{"t":9e9,"nodes":{"1":{}}}\r\n');
  const { code: fine, out: replayed } = await run(runRaftReplay, windows, '--json');
  assert.deepEqual(
    [fine, JSON.parse(replayed).leaderChanges, JSON.parse(replayed).events],
    [0, 0, []],
    'line ends of Windows, one time twice, a leap of months, nodes without answers',
  );
  const utf16 = join(folder, 'utf16.jsonl');
  writeFileSync(utf16, `\ufeff${good}`, 'utf16le');
  assert.match((await run(runRaftReplay, utf16)).err, /is UTF-16 text; save it as UTF-8.*\[recordingNotUtf8\]/);
  assert.match((await run(runRaftReplay, join(folder, 'absent'))).err, /cannot be read \(ENOENT\)/);
  assert.equal((await run(runRaftReplay)).code, 2);
  assert.equal((await run(runRaftReplay, 'a', 'b')).code, 2);
  const block = join(folder, 'block.jsonl');
  writeFileSync(block, '{"number":"0x1","timestamp":"0x1","extraData":"0x00"}');
  const { code, err } = await run(runRaftBlocks, block);
  assert.equal(code, 2);
  assert.match(err, /line 1: extraDataVanity/);
});

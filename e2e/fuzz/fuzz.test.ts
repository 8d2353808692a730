/** The short form of npm run fuzz: what was once wrong, some mutants of everything, and some sessions through sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../p2p/net/systemClock.ts';
import { chooseCurve } from '../../p2p/wire/secp256k1.ts';
import { seededRandom } from '../../testkit/seededRandom.ts';
import { allTargets, fuzzDecoders, readCorpus, replayCorpus } from './fuzzDecoders.ts';
import { fuzzSessions } from './fuzzSessions.ts';
import { type FuzzFinding, newTally, tryInput } from './fuzzTarget.ts';

const curve = await chooseCurve();

test('what is kept in the corpus, and mutants of it, give a value or a typed error', async () => {
  const random = seededRandom();
  const targets = allTargets(curve);
  const corpus = readCorpus();
  const threw = (findings: readonly FuzzFinding[]) => findings.filter(({ kind }) => kind === 'threw');
  assert.deepEqual(threw(await replayCorpus(targets, corpus)), []);
  const until = systemClock.now() + 60_000;
  const run = await fuzzDecoders(targets, corpus, random, { until, perTarget: 50 }, systemClock.now);
  assert.deepEqual(threw(run.findings), [], `FUZZ_SEED=${random.seed}`);
  for (const target of targets) {
    const tally = run.tallies.get(target.name);
    assert.ok((tally?.inputs ?? 0) > 0 && (tally?.ways.size ?? 0) > 0, `${target.name} was not tried`);
  }
});

test('an input is slow by the work that it takes, not by what else the machine does meanwhile', async () => {
  const target = (decode: () => void) => ({ name: 'x', samples: [], mutate: (sample: Uint8Array) => sample, decode });
  const idle = new Int32Array(new SharedArrayBuffer(4));
  const waits = target(() => void Atomics.wait(idle, 0, 0, 20));
  assert.equal((await tryInput(waits, new Uint8Array(1), newTally())).finding, null);
  const works = target(() => {
    for (const from = process.cpuUsage(); process.cpuUsage(from).user < 8_000; );
  });
  assert.equal((await tryInput(works, new Uint8Array(1), newTally())).finding?.kind, 'slow');
});

test('sessions through sockets end by themselves, whatever the peer does', async () => {
  const random = seededRandom();
  const until = systemClock.now() + 60_000;
  const run = await fuzzSessions(curve, random, { until, sessions: 100, atOnce: 20 });
  assert.deepEqual(run.thrown, [], `FUZZ_SEED=${random.seed}`);
  assert.ok(run.sessions >= 20, `${run.sessions} sessions`);
  assert.ok(Object.keys(run.codes).length > 4, JSON.stringify(run.codes));
});

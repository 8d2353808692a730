import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '../../lib/logger.ts';
import { passLines } from './passLines.ts';
import { type ChildSpec, supervise } from './supervise.ts';

const folder = mkdtempSync(join(tmpdir(), 'forkscope-supervise-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const here = (path: string): string => new URL(path, import.meta.url).href;

/** A child that appends to a diary, so that order across processes can be read afterwards. */
function child(name: string, body: string): ChildSpec & { readonly diary: string } {
  const diary = join(folder, 'diary');
  const script = join(folder, `${name}.mjs`);
  writeFileSync(
    script,
    `import { appendFileSync } from 'node:fs';
     const note = (text) => appendFileSync(${JSON.stringify(diary)}, '${name} ' + text + '\\n');
     ${body}`,
  );
  return { name, args: [script], env: process.env, diary };
}

function readDiary(): string[] {
  const path = join(folder, 'diary');
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

async function until(what: string, test: () => boolean, withinMs = 20_000): Promise<void> {
  const end = Date.now() + withinMs;
  while (!test()) {
    if (Date.now() > end) assert.fail(`${what} did not come: ${readDiary().join(', ')}`);
    await sleep(10);
  }
}

function collect(): { lines: string[]; log: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return {
    lines,
    log: createLogger({ level: 'debug', format: 'text', now: () => 0, write: (line) => lines.push(line) }),
  };
}

const wellBehaved = `process.on('SIGTERM', () => setTimeout(() => { note('ended'); process.exit(0); }, 50)); setInterval(() => {}, 1000); note('up');`;

describe('supervise', () => {
  test('restarts a child that crashes, later each time, and says so; stop ends the waiting', async () => {
    rmSync(join(folder, 'diary'), { force: true });
    const { lines, log } = collect();
    const times: number[] = [];
    const supervisor = supervise({
      children: [child('crasher', `note('up'); console.error('boom'); process.exit(3);`)],
      log,
      write: (text) => {
        if (text === '[crasher] boom\n') times.push(Date.now());
      },
      chance: () => 0,
    });
    await until('three starts', () => times.length >= 3);
    await supervisor.stop();
    const starts = readDiary().length;
    const [first = 0, second = 0, third = 0] = times;
    assert.ok(second - first >= 250 && third - second >= 500, `${second - first} ${third - second}`);
    assert.match(
      lines.join('\n'),
      /WARN {2}crasher ended; restarting it part=crasher reason="exit code 3" again=250ms failures=1/,
    );
    await sleep(1_100);
    assert.equal(readDiary().length, starts, 'started again after stop');
  });

  test('a child that says it is called wrongly is not started again; its words are handed on', async () => {
    rmSync(join(folder, 'diary'), { force: true });
    const refused: string[][] = [];
    const { lines, log } = collect();
    const body = `note('up'); console.error('{"level":"info"}\\nforkscope: old\\nforkscope: two mistakes\\n  one\\n  two');`;
    const supervisor = supervise({
      children: [child('wrong', `${body} process.exitCode = 2;`), child('right', wellBehaved)],
      log,
      write: () => {},
      onRefused: (...words) => refused.push(words),
      chance: () => 0,
    });
    await until('the refusal', () => refused.length > 0);
    assert.deepEqual(refused, [['wrong', 'two mistakes\n  one\n  two']]);
    assert.equal(supervisor.pidOf('wrong'), null);
    await sleep(600);
    assert.equal(readDiary().filter((line) => line === 'wrong up').length, 1, 'started again');
    assert.doesNotMatch(lines.join('\n'), /started again/);
    await supervisor.stop();
    assert.equal(readDiary().at(-1), 'right ended');
  });

  test('ends its children in reverse order, each wholly before the next', async () => {
    rmSync(join(folder, 'diary'), { force: true });
    const supervisor = supervise({
      children: ['one', 'two', 'three'].map((name) => child(name, wellBehaved)),
      log: collect().log,
      write: () => {},
    });
    await until('all up', () => readDiary().length === 3);
    await Promise.all([supervisor.stop(), supervisor.stop()]);
    assert.deepEqual(readDiary().slice(3), ['three ended', 'two ended', 'one ended']);
    assert.equal(supervisor.pidOf('one'), null);
  });

  test('kills a child that ignores the request, and goes on to the next', async () => {
    rmSync(join(folder, 'diary'), { force: true });
    const { lines, log } = collect();
    const supervisor = supervise({
      children: [
        child('good', wellBehaved),
        child('deaf', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); note('up');`),
      ],
      log,
      write: () => {},
      stopDeadlineMs: 300,
    });
    await until('both up', () => readDiary().length === 2);
    await supervisor.stop();
    assert.equal(readDiary().at(-1), 'good ended');
    assert.match(lines.join('\n'), /ERROR deaf did not end in time; killing it/);
  });

  test('hands on what children announce', async () => {
    const messages: unknown[] = [];
    const supervisor = supervise({
      children: [
        child(
          'speaker',
          `process.send({ kind: 'listening', url: 'http://127.0.0.1:1' }); setInterval(() => {}, 1000);`,
        ),
      ],
      log: collect().log,
      write: () => {},
      onMessage: (name, message) => messages.push([name, message]),
    });
    await until('a message', () => messages.length > 0);
    await supervisor.stop();
    assert.deepEqual(messages, [['speaker', { kind: 'listening', url: 'http://127.0.0.1:1' }]]);
  });

  test('a program that cannot be started is tried again, not thrown', async () => {
    const { lines, log } = collect();
    const supervisor = supervise({
      children: [{ name: 'missing', args: [join(folder, 'nothing.mjs')], env: {} }],
      log,
      write: () => {},
      chance: () => 0,
    });
    await until('the warning', () => lines.some((line) => line.includes('missing ended')));
    await supervisor.stop();
  });

  test('no child outlives a supervisor that is killed', async () => {
    rmSync(join(folder, 'diary'), { force: true });
    const orphan = child(
      'orphan',
      `const { untilSignal } = await import(${JSON.stringify(here('../untilSignal.js'))});
       const end = untilSignal(5000);
       const timer = setInterval(() => {}, 1000);
       end.signal.addEventListener('abort', () => { note('ended: ' + end.signal.reason.message); clearInterval(timer); end.done(); });
       note('up ' + process.pid);`,
    );
    const parent = join(folder, 'parent.mjs');
    writeFileSync(
      parent,
      `import { supervise } from ${JSON.stringify(here('./supervise.js'))};
       const log = { debug() {}, info() {}, warn() {}, error() {} };
       supervise({ children: [${JSON.stringify({ name: orphan.name, args: orphan.args, env: {} })}], log, write() {} });`,
    );
    const running = spawn(process.execPath, [parent], { stdio: 'inherit' });
    await until('the child', () => readDiary().length === 1);
    const pid = Number(readDiary()[0]?.split(' ')[2]);
    running.kill('SIGKILL');
    await once(running, 'exit');
    await until('the end of the orphan', () => !isAlive(pid));
    assert.equal(readDiary()[1], 'orphan ended: the loss of the supervisor');
  });
});

describe('untilSignal', () => {
  const program = (body: string): string => {
    const path = join(folder, `signal-${Math.random()}.mjs`);
    writeFileSync(path, `import { untilSignal } from ${JSON.stringify(here('../untilSignal.js'))};\n${body}`);
    return path;
  };

  test('the first signal asks, the second forces', async () => {
    const path =
      program(`const end = untilSignal(60000); end.onForce(() => console.log('forced')); setInterval(() => {}, 1000);
      end.signal.addEventListener('abort', () => console.log('asked')); console.log('up');`);
    const running = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    running.stdout.on('data', (chunk) => {
      out += String(chunk);
      if (out === 'up\n') running.kill('SIGTERM');
      if (out === 'up\nasked\n') running.kill('SIGINT');
    });
    const [code] = await once(running, 'exit');
    assert.equal(code, 1);
    await until('all output', () => out === 'up\nasked\nforced\n');
  });

  test('an end that takes too long is forced', async () => {
    const path = program(`untilSignal(100); setInterval(() => {}, 1000); console.log('up');`);
    const running = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'pipe'] });
    running.stdout.once('data', () => running.kill('SIGTERM'));
    let err = '';
    running.stderr.on('data', (chunk) => {
      err += String(chunk);
    });
    const [code] = await once(running, 'close');
    assert.equal(code, 1);
    assert.match(err, /not finished 0.1 s after SIGTERM: forced to end/);
  });
});

describe('passLines', () => {
  test('puts the name before each line and leaves JSON lines alone', async () => {
    const from = new PassThrough();
    let out = '';
    passLines(from, 'crawl', (text) => {
      out += text;
    });
    for (const part of ['one\ntw', 'o\n{"a":', '1}\n', 'é'.repeat(3), 'end']) from.write(part);
    from.end();
    await once(from, 'end');
    assert.equal(out, '[crawl] one\n[crawl] two\n{"a":1}\n[crawl] éééend\n');
  });

  test('holds back a bounded amount of a line that never ends', async () => {
    const from = new PassThrough();
    let passed = 0;
    passLines(from, 'x', (text) => {
      passed += text.length;
    });
    for (let round = 0; round < 100; round++) from.write('y'.repeat(10_000));
    await until('most of it', () => passed > 900_000);
    from.destroy();
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

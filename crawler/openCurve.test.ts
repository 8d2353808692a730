import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields, Logger } from '../lib/logger.ts';
import { hideNativeCurve } from '../testkit/hideNativeCurve.ts';
import { openCurve } from './openCurve.ts';

test('a crawler that does without the native curve warns once, with the reason', async (t) => {
  const lines: (readonly [string, LogFields | undefined])[] = [];
  const fail = (): never => assert.fail();
  const warn: Logger['warn'] = (message, fields) => lines.push([message, fields]);
  const log: Logger = { debug: fail, info: fail, warn, error: fail };
  assert.equal((await openCurve(log)).backend, 'native');
  assert.equal(lines.length, 0);

  hideNativeCurve(t);
  assert.equal((await openCurve(log)).backend, 'wasm');
  const [line, ...more] = lines;
  assert.equal(more.length, 0);
  assert.match(line?.[0] ?? '', /curve/);
  assert.equal(line?.[1]?.backend, 'native');
  assert.match(String(line?.[1]?.reason), /^No native build was found for platform=/);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { endAll, Lifetime, whenAborted } from './lifecycle.ts';

describe('Lifetime', () => {
  test('closes in reverse order, one after the other', async () => {
    const order: string[] = [];
    const life = new Lifetime();
    for (const name of ['database', 'writer', 'socket']) {
      life.add(name, async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
      });
    }
    const reports = await life.close();
    assert.deepEqual(order, [
      'socket begins',
      'socket ends',
      'writer begins',
      'writer ends',
      'database begins',
      'database ends',
    ]);
    assert.deepEqual(
      reports.map((report) => report.end.at),
      ['closed', 'closed', 'closed'],
    );
  });

  test('a step that fails or hangs does not keep the next from its turn', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const life = new Lifetime();
    let closed = false;
    life.add('last', () => {
      closed = true;
    });
    life.add('throws', () => {
      throw new Error('broken');
    });
    life.add('hangs', () => new Promise(() => {}), 1_000);
    const closing = life.close();
    t.mock.timers.tick(1_000);
    const reports = await closing;
    assert.deepEqual(
      reports.map((report) => `${report.name} ${report.end.at}`),
      ['hangs late', 'throws failed', 'last closed'],
    );
    assert.ok(closed);
  });

  test('the log says of each part that did not close why, in one wording', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const lines: unknown[] = [];
    const log = { error: (message: string, fields?: object) => void lines.push([message, fields]) };
    const life = new Lifetime();
    life.add('lock', () => {});
    life.add('socket', () => Promise.reject(new Error('broken')));
    life.add('database', () => new Promise(() => {}), 1_000);
    const ended = endAll(life, log);
    t.mock.timers.tick(1_000);
    assert.equal(await ended, true);
    assert.deepEqual(lines, [
      ['database did not close', { reason: 'it took too long' }],
      ['socket did not close', { reason: 'broken' }],
    ]);
    assert.equal(await endAll(new Lifetime(), log), false);
  });

  test('closes each part once, and a late comer at once', async () => {
    let closes = 0;
    const life = new Lifetime();
    life.add('part', () => {
      closes++;
    });
    await Promise.all([life.close(), life.close(), life[Symbol.asyncDispose]()]);
    assert.equal(closes, 1);
    life.add('late comer', () => {
      closes++;
    });
    assert.equal((await life.close()).length, 2);
    assert.equal(closes, 2);
  });

  test('leaves no timer behind', async () => {
    const life = new Lifetime();
    life.use('part', { [Symbol.asyncDispose]: async () => {} }, 3_600_000);
    await life.close();
    assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, 0);
  });
});

test('whenAborted resolves for a signal that is aborted already, or later', async () => {
  await whenAborted(AbortSignal.abort());
  const controller = new AbortController();
  const waiting = whenAborted(controller.signal);
  controller.abort();
  await waiting;
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger, errorFields, type LoggerOptions } from './logger.ts';

function lines(options: Partial<LoggerOptions>, act: (log: ReturnType<typeof createLogger>) => void): string[] {
  const written: string[] = [];
  act(createLogger({ level: 'debug', format: 'text', now: () => 0, write: (line) => written.push(line), ...options }));
  return written;
}

describe('createLogger', () => {
  test('text lines are logfmt after the message', () => {
    const [line] = lines({ fields: { part: 'crawl' } }, (log) =>
      log.info('visit done', { code: 'ok', ms: 12, name: 'a b', empty: '', none: undefined, nil: null }),
    );
    assert.equal(
      line,
      '1970-01-01T00:00:00.000Z INFO  visit done part=crawl code=ok ms=12 name="a b" empty="" nil=null',
    );
  });

  test('JSON lines are one object each, and no field replaces time, level or message', () => {
    const [line = ''] = lines({ format: 'json' }, (log) =>
      // @ts-expect-error `message` is the line's own.
      log.warn('slow', { level: 'error', message: 'x', tookMs: 3 }),
    );
    assert.deepEqual(JSON.parse(line), { tookMs: 3, time: '1970-01-01T00:00:00.000Z', level: 'warn', message: 'slow' });
  });

  test('less severe lines are left out', () => {
    const all = (log: ReturnType<typeof createLogger>): void => {
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level](level);
    };
    const counts = (['debug', 'info', 'warn', 'error'] as const).map((level) => lines({ level }, all).length);
    assert.deepEqual(counts, [4, 3, 2, 1]);
  });

  test('a line stays one line whatever is in it', () => {
    for (const format of ['text', 'json'] as const) {
      const written = lines({ format }, (log) => log.error('a\nb\u2028', { peer: 'x\r\n\x1b[2J\u202e\u{e0001}' }));
      assert.equal(written.length, 1, format);
      assert.doesNotMatch(written[0] ?? '', /[\p{C}\p{Zl}]/u, format);
      if (format === 'json') assert.equal(JSON.parse(written[0] ?? '').peer, 'x\r\n\x1b[2J\u202e\u{e0001}');
    }
  });

  test('secrets and passwords in URLs are never written', () => {
    const secrets = ['hun"ter2', ''];
    const url = 'postgres://me:s3cret@db:5432/x';
    for (const format of ['text', 'json'] as const) {
      const [line = ''] = lines({ format, secrets }, (log) =>
        log.error(`cannot reach ${url}`, { url, key: 'hun"ter2' }),
      );
      assert.doesNotMatch(line, /s3cret|ter2/, format);
      assert.match(line, /postgres:\/\/me:\*\*\*@db:5432/, format);
    }
  });

  test('long text is capped', () => {
    const [line = ''] = lines({}, (log) => log.info('x'.repeat(1_000_000), { y: 'y'.repeat(1_000_000) }));
    assert.ok(line.length < 10_000);
  });
});

test('what a debug line says is worked out only where the line is written', () => {
  const fields = () => {
    worked++;
    return { code: 'ok' };
  };
  let worked = 0;
  assert.deepEqual(
    lines({ level: 'info' }, (log) => log.debug('visit', fields)),
    [],
  );
  assert.equal(worked, 0);
  const [line] = lines({ level: 'debug', fields: { part: 'crawl' } }, (log) => log.debug('visit', fields));
  assert.equal(line, '1970-01-01T00:00:00.000Z DEBUG visit part=crawl code=ok');
  assert.equal(worked, 1);
});

test('errorFields keeps code and cause', () => {
  const error = Object.assign(new Error('no', { cause: new Error('why') }), { code: 'ECONNREFUSED' });
  assert.deepEqual(errorFields(error), { reason: 'no', code: 'ECONNREFUSED', cause: 'why' });
  assert.deepEqual(errorFields(new AggregateError([])), {
    reason: 'AggregateError',
    code: undefined,
    cause: undefined,
  });
  assert.deepEqual(errorFields('text'), { reason: 'text' });
});

test('what went wrong has one name in every line: other names do not compile', () => {
  const written = lines({}, (log) => {
    log.warn('failed', { reason: 'no' });
    // @ts-expect-error It is `reason`.
    log.warn('failed', { error: 'no' });
    // @ts-expect-error It is `reason`.
    log.warn('failed', { err: 'no' });
  });
  assert.match(written[0] ?? '', / WARN {2}failed reason=no$/);
});

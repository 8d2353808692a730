import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { resolveSecret, Secret, SecretError } from './secret.ts';

test('a secret shows itself to reveal alone', () => {
  const secret = new Secret('hunter2');
  const shown = [
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
  ];
  for (const text of shown) assert.ok(!text.includes('hunter2') && text.includes('***'), text);
  assert.equal(secret.reveal(), 'hunter2');
});

test('secrets come from the environment or a file, and errors name only the place', () => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-secret-'));
  try {
    const file = join(folder, 'token');
    writeFileSync(file, 'from-file\n');
    assert.equal(resolveSecret({ file }, {}).reveal(), 'from-file');
    writeFileSync(file, '\uFEFFfrom-windows\r\n');
    assert.equal(resolveSecret({ file }, {}).reveal(), 'from-windows');
    const utf16 = join(folder, 'utf16');
    writeFileSync(utf16, '\uFEFFhunter2', 'utf16le');
    assert.equal(resolveSecret({ env: 'TOKEN' }, { TOKEN: 'from-env' }).reveal(), 'from-env');
    const wrong: readonly (readonly [string, () => Secret])[] = [
      ['secretUnset', () => resolveSecret({ env: 'TOKEN' }, {})],
      ['secretUnreadable', () => resolveSecret({ file: join(folder, 'absent') }, {})],
      ['secretUnusable', () => resolveSecret({ file: utf16 }, {})],
      ['secretUnusable', () => resolveSecret({ env: 'TOKEN' }, { TOKEN: 'two\nlines-hunter2' })],
    ];
    for (const [code, resolve] of wrong) {
      assert.throws(
        resolve,
        (error) => error instanceof SecretError && error.code === code && !/hunter2/.test(inspect(error)),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfigFile } from './configFile.ts';
import { ConfigError } from './configLayers.ts';

test('a configuration file as Windows writes it is read; UTF-16 is named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'forkscope-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'forkscope.json'), '\uFEFF{\r\n  "networks": ["gnosis"]\r\n}\r\n');
  assert.deepEqual(readConfigFile(null, folder)?.json, { networks: ['gnosis'] });
  for (const mark of ['\uFEFF', '']) {
    writeFileSync(join(folder, 'utf16.json'), `${mark}{"networks": ["gnosis"]}`, 'utf16le');
    assert.throws(
      () => readConfigFile('utf16.json', folder),
      (error) => error instanceof ConfigError && /utf16\.json.*is UTF-16 text; save it as UTF-8/s.test(error.message),
    );
  }
});

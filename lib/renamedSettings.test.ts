import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { durationField, switchField, textField } from './configFields.ts';
import { ConfigError, type ConfigLayers, defineConfig, loadConfig } from './configLayers.ts';
import { describeConfig, renderConfigDocs } from './describeConfig.ts';

const definition = defineConfig({
  waitMs: durationField({ summary: 'Wait.', default: 1_000, min: 0, max: 9_000, formerly: ['pauseMs', 'restTime'] }),
  quiet: switchField({ summary: 'Quiet.', default: false, formerly: ['hushed'] }),
  token: textField({ summary: 'Token.', default: null, secret: true, formerly: ['password'] }),
});

const file = (json: object) => ({ name: 'forkscope.json', json });

/** What the settings come to, and what there is to warn of. */
function load(layers: ConfigLayers) {
  const { config, oldNames } = loadConfig(definition, layers);
  const said = oldNames.map(({ layer, name, now, used }) => `${layer} ${name} → ${now}${used ? '' : ', not used'}`);
  return { ...config, said };
}

function problems(layers: ConfigLayers): readonly string[] {
  try {
    loadConfig(definition, layers);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.detail.problems.map(({ layer, name, given, fix }) => `${layer} ${name} = ${given}: ${fix}`);
  }
  return [];
}

describe('a setting that has a new name', () => {
  test('is taken by its old names in the file, the environment and as a flag, and each is told with the new one', () => {
    const unset = { waitMs: 1_000, quiet: false, token: null, said: [] };
    assert.deepEqual(load({}), unset);
    assert.deepEqual(load({ file: file({ wait: '2s' }), env: { FORKSCOPE_WAIT: '3s' }, flags: { wait: '4s' } }), {
      ...unset,
      waitMs: 4_000,
    });
    assert.deepEqual(load({ file: file({ pause: '2s' }) }), { ...unset, waitMs: 2_000, said: ['file pause → wait'] });
    assert.deepEqual(load({ env: { FORKSCOPE_REST_TIME: '2s', FORKSCOPE_HUSHED: '1', FORKSCOPE_PASSWORD: 'x' } }), {
      waitMs: 2_000,
      quiet: true,
      token: 'x',
      said: [
        'environment FORKSCOPE_REST_TIME → FORKSCOPE_WAIT',
        'environment FORKSCOPE_HUSHED → FORKSCOPE_QUIET',
        'environment FORKSCOPE_PASSWORD → FORKSCOPE_TOKEN',
      ],
    });
    assert.deepEqual(load({ flags: { pause: '2s', hushed: true } }), {
      ...unset,
      waitMs: 2_000,
      quiet: true,
      said: ['flag --pause → --wait', 'flag --hushed → --quiet'],
    });
  });

  test('the new name wins within a layer, in whatever order they stand; a higher layer wins by either name', () => {
    const both = { said: ['file pause → wait, not used'], waitMs: 2_000 };
    for (const json of [
      { wait: '2s', pause: '5s' },
      { pause: '5s', wait: '2s' },
    ]) {
      const { said, waitMs } = load({ file: file(json) });
      assert.deepEqual({ said, waitMs }, both);
    }
    const oldFlag = load({ file: file({ wait: '2s' }), flags: { pause: '5s' } });
    assert.deepEqual([oldFlag.waitMs, oldFlag.said], [5_000, ['flag --pause → --wait']]);
    const newFlag = load({ env: { FORKSCOPE_PAUSE: '5s' }, flags: { wait: '2s' } });
    assert.deepEqual(
      [newFlag.waitMs, newFlag.said],
      [2_000, ['environment FORKSCOPE_PAUSE → FORKSCOPE_WAIT, not used']],
    );
  });

  test('a mistake under an old name is told by the name that was written, and a secret stays one', () => {
    assert.deepEqual(
      problems({ file: file({ pause: 3 }), env: { FORKSCOPE_REST_TIME: '1d' }, flags: { password: 'x' } }),
      [
        'file pause = 3: give a duration from 0 to 9s with its unit (ms, s, m, h, d), such as 30s or 24h',
        'environment FORKSCOPE_REST_TIME = "1d": give a duration from 0 to 9s with its unit (ms, s, m, h, d), such as 30s or 24h',
        'flag --password = null: cannot be set here; use "token" in forkscope.json or FORKSCOPE_TOKEN',
      ],
    );
  });

  test('an old name is never what a mistaken one was meant to be', () => {
    assert.deepEqual(problems({ flags: { hushd: true } }), ['flag --hushd = null: is not known; remove it']);
  });

  test('names of another process are not told here', () => {
    const other = defineConfig({ mine: switchField({ summary: 'x', default: true }) });
    const { oldNames } = loadConfig(other, { env: { FORKSCOPE_PAUSE: '2s' }, others: [definition] });
    assert.deepEqual(oldNames, []);
  });

  test('an old name that another field has is refused when the definition is made', () => {
    const field = switchField({ summary: 'x', default: true });
    assert.throws(
      () => defineConfig({ pause: field, wait: switchField({ summary: 'x', default: true, formerly: ['pause'] }) }),
      TypeError,
    );
  });

  test('the documents name the old names with the new ones', () => {
    const text = renderConfigDocs(describeConfig({ crawl: definition }));
    assert.match(text, /`pause`, `FORKSCOPE_PAUSE`, `--pause` \| `wait`, `FORKSCOPE_WAIT`, `--wait`/);
    assert.match(text, /`password`, `FORKSCOPE_PASSWORD` \| `token`, `FORKSCOPE_TOKEN`/);
    const plain = defineConfig({ quiet: switchField({ summary: 'x', default: true }) });
    assert.doesNotMatch(renderConfigDocs(describeConfig({ crawl: plain })), /old name/i);
  });
});

describe('a key of the file in parts', () => {
  test('is the key of its parts', () => {
    const census = defineConfig({
      censusInterval: textField({ summary: 'x', default: 'a', expects: 'a, b or c', check: (v) => /^[abc]$/.test(v) }),
      censusKeep: switchField({ summary: 'x', default: false, formerly: ['censusHold'] }),
    });
    const load = (json: object) => loadConfig(census, { file: file(json) });
    assert.deepEqual(load({ census: { interval: 'b', keep: true } }).config, { censusInterval: 'b', censusKeep: true });
    assert.deepEqual(load({ census: { hold: true } }).oldNames, [
      { layer: 'file', name: 'census.hold', now: 'censusKeep', used: true },
    ]);
    const fixes = (json: object): string => {
      try {
        load(json);
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.detail.problems.map(({ name, fix }) => `${name}: ${fix}`).join('\n');
      }
      return '';
    };
    assert.equal(fixes({ census: { interval: 'x' } }), 'census.interval: give a, b or c');
    assert.equal(fixes({ census: { intervall: 'b' } }), 'census.intervall: is not known; did you mean censusInterval?');
    assert.equal(fixes({ census: {} }), 'census: is not known; remove it');
    assert.equal(fixes({ census: { interval: 'b' }, censusInterval: 'c' }), 'censusInterval: is set twice; keep one');
  });
});

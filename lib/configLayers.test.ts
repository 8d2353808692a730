import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import {
  choiceField,
  durationField,
  integerField,
  listField,
  structuredField,
  switchField,
  textField,
} from './configFields.ts';
import { ConfigError, type ConfigLayers, defineConfig, loadConfig } from './configLayers.ts';

const definition = defineConfig({
  databaseUrl: textField({
    summary: 'Server',
    default: null,
    secret: true,
    env: 'DATABASE_URL',
    expects: 'a URL',
    check: (v) => v.startsWith('postgres://'),
  }),
  httpPort: integerField({ summary: 'Port', default: 3000, min: 0, max: 65_535 }),
  idleMs: durationField({ summary: 'Idle', default: 30_000, min: 1_000, max: 86_400_000 }),
  listen: switchField({ summary: 'Listen', default: true }),
  logLevel: choiceField({ summary: 'Level', default: 'info', values: ['debug', 'info'] }),
  networks: listField({
    summary: 'Networks',
    default: ['mainnet'],
    maxItems: 3,
    expects: 'slugs',
    check: (v) => /^[a-z]+$/.test(v),
  }),
  clusters: structuredField({
    summary: 'Clusters',
    default: [],
    expects: 'clusters',
    schema: z.array(z.strictObject({ name: z.string() })),
  }),
});

function problems(layers: ConfigLayers): readonly string[] {
  try {
    loadConfig(definition, layers);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe('loadConfig', () => {
  test('gives the defaults when no layer sets anything', () => {
    const { config, sources } = loadConfig(definition, {});
    assert.deepEqual(config, {
      databaseUrl: null,
      httpPort: 3000,
      idleMs: 30_000,
      listen: true,
      logLevel: 'info',
      networks: ['mainnet'],
      clusters: [],
    });
    assert.equal(sources.httpPort, 'default');
    assert.ok(Object.isFrozen(config));
  });

  test('a flag beats the environment, which beats the file', () => {
    const file = {
      name: 'forkscope.json',
      json: { httpPort: 1, logLevel: 'debug', idle: '24h', clusters: [{ name: 'a' }] },
    };
    const env = {
      FORKSCOPE_HTTP_PORT: '2',
      FORKSCOPE_NETWORKS: 'mainnet, sepolia',
      FORKSCOPE_LISTEN: 'false',
      PATH: '/bin',
    };
    const { config, sources } = loadConfig(definition, {
      file,
      env,
      flags: { 'http-port': '3', idle: '90s', listen: true },
    });
    assert.deepEqual(config, {
      databaseUrl: null,
      httpPort: 3,
      idleMs: 90_000,
      listen: true,
      logLevel: 'debug',
      networks: ['mainnet', 'sepolia'],
      clusters: [{ name: 'a' }],
    });
    assert.deepEqual(
      { ...sources },
      {
        databaseUrl: 'default',
        httpPort: 'flag',
        idleMs: 'flag',
        listen: 'flag',
        logLevel: 'file',
        networks: 'environment',
        clusters: 'file',
      },
    );
  });

  test('an empty environment variable is not set', () => {
    assert.equal(loadConfig(definition, { env: { FORKSCOPE_HTTP_PORT: '' } }).config.httpPort, 3000);
  });

  test('all mistakes of all layers are reported at once, each with its layer, name, value and fix', () => {
    assert.deepEqual(
      problems({
        file: {
          name: 'forkscope.json',
          json: { $schema: 'x', httpPort: '80', htpPort: 1, clusters: [{ nme: 'x' }], idle: 30 },
        },
        env: {
          FORKSCOPE_HTTP_PORT: '70000',
          FORKSCOPE_LOG_LEVL: 'info',
          FORKSCOPE_LOG_LEVEL: 'loud',
          FORKSCOPE_IDLE: '30',
        },
        flags: { networks: 'mainnet,NO!', zzzzzzzzzzzz: 'x' },
      }),
      [
        'file: htpPort: is not known; did you mean httpPort?',
        'file: httpPort = "80": give a whole number from 0 to 65535',
        'file: clusters = [{"nme":"x"}]: Invalid input: expected string, received undefined; give clusters (at 0.name)',
        `file: clusters = [{"nme":"x"}]: Unrecognized key: "nme"; give clusters (at 0)`,
        'file: idle = 30: give a duration from 1s to 1d with its unit (ms, s, m, h, d), such as 30s or 24h',
        'environment: FORKSCOPE_LOG_LEVL: is not known; did you mean FORKSCOPE_LOG_LEVEL?',
        'environment: FORKSCOPE_HTTP_PORT = "70000": give a whole number from 0 to 65535',
        'environment: FORKSCOPE_LOG_LEVEL = "loud": give one of debug, info',
        'environment: FORKSCOPE_IDLE = "30": give a duration from 1s to 1d with its unit (ms, s, m, h, d), such as 30s or 24h',
        'flag: --zzzzzzzzzzzz: is not known; remove it',
        'flag: --networks = "mainnet,NO!": give a list of at most 3 slugs (at 1)',
      ],
    );
  });

  test('a mistake in a lower layer is reported even where a higher one covers it', () => {
    assert.equal(problems({ file: { name: 'f', json: { httpPort: -1 } }, flags: { 'http-port': '1' } }).length, 1);
  });

  test('a secret is never shown, and is refused as a flag', () => {
    const lines = problems({
      env: { DATABASE_URL: 'mysql://root:hunter2@db' },
      flags: { 'database-url': 'postgres://u:hunter2@db' },
    });
    assert.deepEqual(lines, [
      'environment: DATABASE_URL = ***: give a URL',
      'flag: --database-url: cannot be set here; use "databaseUrl" in forkscope.json or DATABASE_URL',
    ]);
    assert.doesNotMatch(
      JSON.stringify(catchError({ env: { DATABASE_URL: 'mysql://root:hunter2@db' } }).detail),
      /hunter2/,
    );
  });

  test('a key of another process is no mistake here, and is not judged here', () => {
    const other = defineConfig({ crawlPort: integerField({ summary: 'x', default: 1, min: 1, max: 2 }) });
    const layers = { env: { FORKSCOPE_CRAWL_PORT: 'bad' }, file: { name: 'f', json: { crawlPort: 9 } } };
    assert.equal(problems(layers).length, 2);
    assert.deepEqual(problems({ ...layers, others: [other] }), []);
    assert.equal('crawlPort' in loadConfig(definition, { ...layers, others: [other] }).config, false);
  });

  test('the file must hold one object', () => {
    assert.deepEqual(problems({ file: { name: '/etc/f.json', json: [1] } }), [
      'file: /etc/f.json = [1]: give one JSON object',
    ]);
  });

  test('names of Object.prototype are no fields', () => {
    const layers = {
      file: { name: 'f', json: JSON.parse('{"__proto__": 1, "constructor": 2}') },
      flags: { toString: 'x' },
    };
    assert.equal(problems(layers).length, 3);
  });

  test('two fields spelt alike are refused when the definition is made', () => {
    const field = switchField({ summary: 'x', default: true });
    assert.throws(() => defineConfig({ idle: field, idleMs: field }), TypeError);
  });
});

function catchError(layers: ConfigLayers): ConfigError {
  try {
    loadConfig(definition, layers);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('no ConfigError');
}

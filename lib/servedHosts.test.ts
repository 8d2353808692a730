import assert from 'node:assert/strict';
import { test } from 'node:test';
import { servedHosts } from './servedHosts.ts';

test('what is bound to loopback answers to its names alone, and to those that are allowed', () => {
  const table: readonly [bound: string, allowed: readonly string[], yes: readonly string[], no: readonly string[]][] = [
    [
      '127.0.0.1',
      [],
      ['127.0.0.1', '127.0.0.1:3000', 'localhost:3000', 'LOCALHOST.', '[::1]:3000', 'a.localhost', '127.9.9.9:1'],
      [
        'evil.example:3000',
        'localhost.evil.example',
        '127.0.0.1.evil.example',
        '1.2.3.4',
        '[::2]',
        '',
        'a b',
        '127.0.0.1:3000:1',
      ],
    ],
    [
      'localhost',
      ['Nodes.Example'],
      ['nodes.example', 'NODES.EXAMPLE:443', 'localhost'],
      ['example', 'x.nodes.example'],
    ],
    ['::1', [], ['[::1]:3000', 'localhost'], ['[::2]:3000']],
    ['0.0.0.0', [], ['evil.example', '1.2.3.4'], []],
    ['0.0.0.0', ['nodes.example'], ['nodes.example', '127.0.0.1:3000'], ['evil.example']],
    ['10.0.0.5', ['nodes.example'], ['10.0.0.5:3000', 'nodes.example'], ['10.0.0.6:3000', 'evil.example']],
    ['2001:DB8::5', ['nodes.example'], ['[2001:db8::5]:3000'], ['[2001:db8::6]:3000']],
  ];
  for (const [bound, allowed, yes, no] of table) {
    const hosts = servedHosts(bound, allowed);
    for (const header of yes) assert.ok(hosts.includes(header), `${header} at ${bound}`);
    for (const header of no) assert.ok(!hosts.includes(header), `${header} not at ${bound}`);
  }
  assert.ok(!servedHosts('127.0.0.1').includes(undefined));
});

test('a probe asks by any address of what is bound elsewhere, which no name leads to; of loopback by its own alone', () => {
  const table: readonly [bound: string, yes: readonly string[], no: readonly string[]][] = [
    [
      '0.0.0.0',
      ['10.1.2.3:3000', '[2001:db8::1]:3000', 'nodes.example', 'localhost'],
      ['evil.example', '10.1.2.3.evil.example', '999.1.2.3', '1.2.3', '[:]', '[1:2]', ''],
    ],
    ['127.0.0.1', ['127.0.0.1:3000', 'nodes.example'], ['10.1.2.3:3000', '[2001:db8::1]:3000', 'evil.example']],
  ];
  for (const [bound, yes, no] of table) {
    const hosts = servedHosts(bound, ['nodes.example']);
    for (const header of yes) assert.ok(hosts.includesProbe(header), `${header} at ${bound}`);
    for (const header of no) assert.ok(!hosts.includesProbe(header), `${header} not at ${bound}`);
  }
});

import { test } from 'node:test';
import { runDemo } from '../fixtures/demoRun.ts';

test('demo: pages fill with a network of hundreds of nodes', (t) =>
  runDemo(t, { scenario: 'demo', nodes: 300, network: 'sepolia' }));

#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { runForkscope } from './runForkscope.ts';
import { surviveLostOutput } from './surviveLostOutput.ts';
import { untilSignal } from './untilSignal.ts';

const manifest: { version: string } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
surviveLostOutput();
// `start` waits for its children, each of which has ten seconds of its own, and for the database.
const end = untilSignal(process.argv[2] === 'start' || process.argv[2] === 'demo' ? 60_000 : 10_000);

process.exitCode = await runForkscope(process.argv.slice(2), {
  signal: end.signal,
  onForce: end.onForce,
  version: manifest.version,
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isSupervised: process.send !== undefined,
  announce: (url) => process.send?.({ kind: 'listening', url }),
});
end.done();

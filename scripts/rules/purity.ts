/** The core has no clock, no chance and no IO of its own: they are passed in, so that tests own them. */
import { isNamed, isReference, memberOf } from './nodes.ts';
import { type Finding, isTest, type NodeRule, type SourceFile } from './sourceFile.ts';

const pureFolders =
  /^(p2p\/(wire|protocol)|chains\/(forks|classify|networks|diagnose)|crawler\/crawl|consortium\/(ask|judge|watch))\//;

/** Files in those folders that do touch the world, each with its reason. */
const worldly: Readonly<Record<string, string>> = {
  'chains/networks/loadNetworks.ts': 'reads network files from disk',
  'consortium/ask/httpExchange.ts': 'asks GoQuorum nodes and members of etcd over HTTP',
  'consortium/ask/probeClock.ts': 'asks the Raft port over HTTP',
  'consortium/commands/commandIo.ts': 'reads recorded rounds for the raft commands',
  'consortium/commands/replayCommand.ts': 'a command of bin/',
  'consortium/commands/blocksCommand.ts': 'a command of bin/',
};
const worldlyPatterns: readonly RegExp[] = [/^consortium\/\w+\/\w*[pP]oll\w*\.ts$/];

/** Names that stand for time, chance or IO, and what to do instead. */
const bannedNames: Readonly<Record<string, string>> = {
  performance: 'take `now` as an argument',
  setTimeout: 'return a deadline, or sleep on the Clock',
  setInterval: 'return a deadline, or sleep on the Clock',
  setImmediate: 'return a deadline, or sleep on the Clock',
  queueMicrotask: 'return a deadline, or sleep on the Clock',
  randomBytes: 'take the Random port',
  randomUUID: 'take the Random port',
  getRandomValues: 'take the Random port',
  randomInt: 'take the Random port',
  process: 'pass in what is needed',
};
const bannedImports = /^node:(?!assert|test|util|module)/;
/** Ciphers, hashes and checksums are functions of their input; `randomBytes` and its kin are banned by name above. */
const ciphers = (path: string, specifier: string): boolean =>
  /^node:(crypto|zlib)$/.test(specifier) && path.startsWith('p2p/wire/');

function isPure(path: string): boolean {
  if (!pureFolders.test(path) || isTest(path)) return false;
  return !(path in worldly) && !worldlyPatterns.some((pattern) => pattern.test(path));
}

export const purityRule: NodeRule = {
  rule: 'purity',
  appliesTo: isPure,
  find: (node, [parent]) => {
    const isCall = node.type === 'CallExpression' || node.type === 'NewExpression';
    if (memberOf(node, 'Date', ['now']) !== null) return 'Date.now: take `now` as an argument';
    if (isCall && isNamed(node.callee, 'Date') && (node.type === 'CallExpression' || node.arguments.length === 0)) {
      return 'Date: take `now` as an argument';
    }
    if (memberOf(node, 'Math', ['random']) !== null) return 'Math.random: take the Random port';
    if (isCall && isNamed(node.callee, 'fetch')) return 'fetch: IO belongs to the drivers';
    if (node.type !== 'Identifier') return null;
    const instead = Object.hasOwn(bannedNames, node.name) ? bannedNames[node.name] : undefined;
    // `crypto.randomBytes`: of another it is the same thing.
    const ofAnother = parent?.type === 'MemberExpression' && parent.property === node && node.name !== 'process';
    return instead !== undefined && (ofAnother || isReference(node, parent)) ? `${node.name}: ${instead}` : null;
  },
};

export function checkPureImports(file: SourceFile): Finding[] {
  if (!isPure(file.path)) return [];
  return file.imports
    .filter(({ specifier }) => bannedImports.test(specifier) && !ciphers(file.path, specifier))
    .map(({ specifier, line }) => ({
      rule: 'purity',
      path: file.path,
      line,
      message: `${specifier} in a pure folder`,
    }));
}

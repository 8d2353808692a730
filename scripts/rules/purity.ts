/** The core has no clock, no chance and no IO of its own: they are passed in, so that tests own them. */
import { type Finding, findAll, isTest, type SourceFile } from './sourceFile.ts';

const pureFolders =
  /^(p2p\/(wire|protocol)|chains\/(forks|classify|networks)|crawler\/crawl|consortium\/(ask|judge|watch))\//;

/** Files in those folders that do touch the world, each with its reason. */
const worldly: Readonly<Record<string, string>> = {
  'chains/networks/loadNetworks.ts': 'reads network files from disk',
  'consortium/ask/rpcClient.ts': 'asks GoQuorum nodes over HTTP',
  'consortium/ask/probeClock.ts': 'asks the Raft port over HTTP',
  'consortium/commands/commandIo.ts': 'reads recorded rounds for the raft commands',
  'consortium/commands/replayCommand.ts': 'a command of bin/',
  'consortium/commands/blocksCommand.ts': 'a command of bin/',
};
const worldlyPatterns: readonly RegExp[] = [/^consortium\/\w+\/\w*[pP]oll\w*\.ts$/];

const bans: readonly { readonly pattern: RegExp; readonly instead: string }[] = [
  {
    pattern: /\bDate\s*\.\s*now\b|\bnew\s+Date\s*\(\s*\)|(?<!new\s+)(?<![\w.])Date\s*\(/g,
    instead: 'take `now` as an argument',
  },
  { pattern: /\bnew\s+Date\b(?!\s*\()/g, instead: 'take `now` as an argument' },
  { pattern: /\bperformance\b|\bprocess\s*\.\s*hrtime\b/g, instead: 'take `now` as an argument' },
  {
    pattern: /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g,
    instead: 'return a deadline, or sleep on the Clock',
  },
  {
    pattern: /\bMath\s*\.\s*random\b|\brandomBytes\b|\brandomUUID\b|\bgetRandomValues\b|\brandomInt\b/g,
    instead: 'take the Random port',
  },
  { pattern: /\bprocess\b(?!\s*:)/g, instead: 'pass in what is needed' },
  { pattern: /(?<![\w.])fetch\s*\(/g, instead: 'IO belongs to the drivers' },
];
const bannedImports = /^node:(?!assert|test|util|module)/;
/** Ciphers, hashes and checksums are functions of their input; `randomBytes` and its kin are banned by name above. */
const ciphers = (path: string, specifier: string): boolean =>
  /^node:(crypto|zlib)$/.test(specifier) && path.startsWith('p2p/wire/');

export function checkPurity(file: SourceFile): Finding[] {
  if (!pureFolders.test(file.path) || isTest(file.path)) return [];
  if (file.path in worldly || worldlyPatterns.some((pattern) => pattern.test(file.path))) return [];
  const code = bans.flatMap(({ pattern, instead }) =>
    findAll(file, 'purity', pattern, (match) => `${match}: ${instead}`),
  );
  const imports = file.imports
    .filter((line) => bannedImports.test(line.specifier) && !ciphers(file.path, line.specifier))
    .map((line) => ({
      rule: 'purity',
      path: file.path,
      line: line.line,
      message: `${line.specifier} in a pure folder`,
    }));
  return [...imports, ...code];
}

/** A Map or Set that lives as long as its object or module says what keeps it from growing. */
export function checkBounds(file: SourceFile): Finding[] {
  if (
    !/^(p2p|chains|crawler|consortium|notify|api)\//.test(file.path) ||
    isTest(file.path) ||
    file.path.startsWith('testkit/')
  )
    return [];
  const lines = file.text.split('\n');
  const field = /^ {2}(?:(?:private|readonly|static) )*#?\w+(?:: [^=]+)? = new (?:Map|Set)\b/;
  const table = /^(?:export )?const \w+(?:: [^=]+)? = new (?:Map|Set)(?:<.*>)?\(\)/;
  return lines.flatMap((text, index) => {
    if (!field.test(text) && !table.test(text)) return [];
    const above = lines.slice(Math.max(0, index - 5), index + 1).join('\n');
    if (above.includes('BOUNDED:')) return [];
    return [{ rule: 'bounds', path: file.path, line: index + 1, message: 'say what bounds it: `// BOUNDED: by …`' }];
  });
}

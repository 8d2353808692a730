/** Things that have one door: each pattern may stand only in the places that are named with a reason. */
import { type Finding, findAll, isTest, type SourceFile } from './sourceFile.ts';

interface PackageDoor {
  readonly packages: RegExp;
  readonly only: readonly RegExp[];
  readonly message: string;
}

interface CodeDoor {
  readonly pattern: RegExp;
  /** Where the rule holds; everywhere when left out. */
  readonly within?: RegExp;
  readonly only: readonly RegExp[];
  readonly message: string;
}

/** Tests and what runs beside the product start processes and sockets of their own. */
const beside = [/\.test\.tsx?$/, /^e2e\//, /^bench\//, /^scripts\//, /^(api\/)?testkit\//];

const packageDoors: readonly PackageDoor[] = [
  {
    packages:
      /^(@noble\/secp256k1|@noble\/curves|secp256k1|@bitauth\/libauth|tiny-secp256k1|elliptic|ethereum-cryptography)(\/|$)/,
    only: [/^p2p\/wire\/secp256k1(\.test)?\.ts$/],
    message: 'the curve has one door: p2p/wire/secp256k1.ts',
  },
  {
    packages: /^chart\.js(\/|$)/,
    only: [/^web\/charts\/chart\.ts$/],
    message: 'Chart.js has one door: web/charts/chart.ts',
  },
  {
    packages: /^node:(dgram|net|tls)$/,
    // sql/embedded.ts asks for a free port and whether a server answers on one.
    only: [/^p2p\/net\/system\w+\.ts$/, /^sql\/embedded\w*\.ts$/, ...beside],
    message: 'sockets have one door: p2p/net/systemSockets.ts',
  },
  {
    packages: /^node:(http|https|http2)$/,
    only: [
      /^consortium\/ask\/(rpcClient|probeClock)\.ts$/,
      /^notify\//,
      /^lib\/metricsServer\.ts$/,
      /^api\/(main|server)\.ts$/,
      ...beside,
    ],
    message: 'HTTP belongs to api/main.ts, the metrics server, the Raft poller and notify/',
  },
  {
    packages: /^(postgres|pg)$/,
    only: [/^sql\//, ...beside],
    message: 'the database driver has one door: sql/client.ts',
  },
  {
    packages: /^node:child_process$/,
    only: [/^bin\//, /^sql\//, /^testkit\//, ...beside, /^grafana\//],
    message: 'processes are started by bin/ and sql/embedded.ts',
  },
];

const codeDoors: readonly CodeDoor[] = [
  {
    pattern:
      /\b(?:setTimeout|setInterval|setImmediate)\b|\bAbortSignal\s*\.\s*timeout\b|\bDate\s*\.\s*now\b|\bperformance\s*\.\s*now\b/g,
    within: /^(p2p\/net|crawler|consortium|notify)\//,
    only: [/^p2p\/net\/systemClock\.ts$/, /\.test\.ts$/],
    message: 'time comes from the Clock that is passed in',
  },
  {
    pattern: /\bprocess\s*\.\s*env\b|\bprocess\s*\[/g,
    // bin/ hands the environment on to the children it starts; a database server's child needs one too.
    only: [
      /^(crawler|consortium|api)\/config\.ts$/,
      /^bin\//,
      /^sql\/(embedded\w*|testDatabase)\.ts$/,
      /^grafana\//,
      ...beside,
    ],
    message: 'the environment is read in config.ts of crawler/, consortium/ and api/ only',
  },
  {
    pattern: /\bprocess\s*\.\s*(exit|abort)\b/g,
    only: [/^bin\//, ...beside, /^grafana\//],
    message: 'only bin/ ends the process; give an AsyncDisposable or an error',
  },
  {
    pattern: /\.\s*unsafe\s*\(/g,
    only: [/^sql\//, /^testkit\/holdQueries\.test\.ts$/],
    message: 'queries are tagged templates; unsafe() is for sql/ alone',
  },
  {
    pattern: /\b(?:test|it|describe|suite)\s*\.\s*only\b|\bonly\s*:\s*true\b/g,
    only: [],
    message: 'a test marked only silences the others',
  },
  {
    pattern: /\bconsole\s*\.\s*\w+/g,
    only: [/^bin\//, ...beside, /^grafana\//, /^sql\/\w*(Cli|Command)\.ts$/],
    message: 'use the Logger; stdout belongs to the commands in bin/',
  },
];

export function checkDoors(file: SourceFile): Finding[] {
  const imports = file.imports.flatMap((line) =>
    packageDoors
      .filter(
        (door) =>
          door.packages.test(line.specifier) && !line.typeOnly && !door.only.some((place) => place.test(file.path)),
      )
      .map((door) => ({
        rule: 'doors',
        path: file.path,
        line: line.line,
        message: `${line.specifier}: ${door.message}`,
      })),
  );
  const code = codeDoors
    .filter((door) => door.within?.test(file.path) !== false && !door.only.some((place) => place.test(file.path)))
    .flatMap((door) => findAll(file, 'doors', door.pattern, (match) => `${match}: ${door.message}`));
  return [...imports, ...code];
}

/** Casts are for tests and the named places; elsewhere a check says what a value is. `[] as T[]` claims nothing. */
const castsAllowed: Readonly<Record<string, { readonly most: number; readonly reason: string }>> = {
  'api/routes/registerRoute.ts': { most: 2, reason: 'a handler and its contract are indexed by the same name' },
  'p2p/ports.ts': { most: 5, reason: 'ports join what the compiler cannot see together' },
  'crawler/identity/identityFile.ts': { most: 1, reason: 'an object from JSON, each key of which is checked next' },
  'crawler/metrics.ts': {
    most: 1,
    reason: 'VisitOutcome keeps the wire code as text, for rows read back from the database',
  },
  'chains/networks/genesisForks.ts': { most: 1, reason: 'keys of a table that stands beside it' },
  'chains/networks/genesisImport.ts': { most: 1, reason: 'a table of two renamed keys' },
  'crawler/store/foldVisits.ts': { most: 1, reason: 'an object filled from a list of all its keys' },
  'crawler/store/spill.ts': { most: 1, reason: 'rows that this process wrote itself, behind a checksum' },
  'web/charts/chart.ts': { most: 3, reason: 'Chart.js types its options by chart kind, which a union loses' },
  'web/lib/apiClient.ts': {
    most: 1,
    reason: 'answers of our own server: the API checks them against the same contract',
  },
  'web/lib/useResource.ts': { most: 1, reason: 'the cache holds under each URL what that URL gives' },
  'sql/client.ts': { most: 4, reason: 'the driver types custom codecs for one type at a time' },
  'sql/embeddedBinaries.ts': { most: 1, reason: 'a package that is optional has no types where it is missing' },
  'lib/metricsServer.ts': { most: 1, reason: 'the address of a server that listens on TCP is never text' },
  'lib/configFields.ts': { most: 1, reason: 'a nullable schema if and only if the default is null' },
  'lib/configLayers.ts': { most: 2, reason: 'an object filled key by key from a mapped type' },
};

export function checkCasts(file: SourceFile): Finding[] {
  if (isTest(file.path) || !file.path.endsWith('.ts') || beside.some((place) => place.test(file.path))) return [];
  const withoutImports = {
    ...file,
    code: file.code.replace(/\b(?:import|export)\s*(?:type\s*)?(?:\{[^}]*\}|\*\s*as\s+\w+)/g, (text) =>
      text.replace(/[^\n]/g, ' '),
    ),
  };
  const casts = findAll(
    withoutImports,
    'casts',
    /(?<=[\w)}'"`>]\s+|[^[]\]\s+)as\s+(?!const\b)[\w{[(]/g,
    () => 'narrow with a check in place of `as`',
  );
  const allowed = castsAllowed[file.path]?.most ?? 0;
  return casts.length > allowed ? casts : [];
}

/** Things with one door: each pattern may appear only in the places listed with a reason. */
import type { Node } from 'oxc-parser';
import { isNamed, isReference, memberOf } from './nodes.ts';
import type { Finding, NodeRule, SourceFile } from './sourceFile.ts';

interface PackageDoor {
  readonly packages: RegExp;
  readonly only: readonly RegExp[];
  readonly message: string;
}

interface CodeDoor {
  /** The text of what is restricted, such as `process.env`; null = something else. */
  opens(node: Node, parents: readonly Node[]): string | null;
  /** Where the rule applies; by default everywhere. */
  readonly within?: RegExp;
  readonly only: readonly RegExp[];
  readonly message: string;
}

/** Tests and what runs beside the product start processes and sockets of their own. */
export const beside: readonly RegExp[] = [/\.test\.tsx?$/, /^e2e\//, /^bench\//, /^scripts\//, /^(api\/)?testkit\//];

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
    // sql/embedded.ts asks for a free port and whether a server answers on one; postgres.js is given sockets that it can bear.
    only: [/^p2p\/net\/system\w+\.ts$/, /^sql\/(embedded\w*|client|driverSocket|silentServers)\.ts$/, ...beside],
    message: 'sockets have one door: p2p/net/systemSockets.ts',
  },
  {
    packages: /^(node:)?dns(\/promises)?$/,
    only: [/^p2p\/net\/systemNames\.ts$/, ...beside],
    message: 'host names have one door: p2p/net/systemNames.ts',
  },
  {
    packages: /^node:(http|https|http2)$/,
    only: [
      /^consortium\/ask\/(httpExchange|probeClock)\.ts$/,
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
    opens: (node, [parent]) =>
      ['setTimeout', 'setInterval', 'setImmediate'].find((name) => isNamed(node, name) && isReference(node, parent)) ??
      memberOf(node, 'AbortSignal', ['timeout']) ??
      memberOf(node, 'Date', ['now']) ??
      memberOf(node, 'performance', ['now']),
    within: /^(p2p\/net|crawler|consortium|notify)\//,
    only: [/^p2p\/net\/systemClock\.ts$/, /\.test\.ts$/],
    message: 'time comes from the Clock that is passed in',
  },
  {
    opens: (node) => memberOf(node, 'process', ['env', null]) ?? destructured(node, 'process', 'env'),
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
    opens: (node) => memberOf(node, 'process', ['exit', 'abort']),
    only: [/^bin\//, ...beside, /^grafana\//],
    message: 'only bin/ ends the process; give an AsyncDisposable or an error',
  },
  {
    opens: (node, [parent]) =>
      parent?.type === 'CallExpression' && parent.callee === node ? memberOf(node, null, ['unsafe']) : null,
    only: [/^sql\//, /^testkit\/holdQueries\.test\.ts$/],
    message: 'queries are tagged templates; unsafe() is for sql/ alone',
  },
  {
    opens: (node) =>
      ['test', 'it', 'describe', 'suite'].map((word) => memberOf(node, word, ['only'])).find((text) => text !== null) ??
      (node.type === 'Property' &&
      isNamed(node.key, 'only') &&
      node.value.type === 'Literal' &&
      node.value.value === true
        ? 'only: true'
        : null),
    only: [],
    message: 'a test marked only silences the others',
  },
  {
    opens: (node) => memberOf(node, 'console', null),
    only: [/^bin\//, ...beside, /^grafana\//, /^sql\/\w*(Cli|Command)\.ts$/],
    message: 'use the Logger; stdout belongs to the commands in bin/',
  },
];

export function checkPackageDoors(file: SourceFile): Finding[] {
  return file.imports.flatMap(({ specifier, typeOnly, line }) =>
    packageDoors
      .filter(
        ({ packages, only }) => packages.test(specifier) && !typeOnly && !only.some((place) => place.test(file.path)),
      )
      .map(({ message }) => ({ rule: 'doors', path: file.path, line, message: `${specifier}: ${message}` })),
  );
}

export const doorRules: readonly NodeRule[] = codeDoors.map(({ opens, within, only, message }) => ({
  rule: 'doors',
  appliesTo: (path) => within?.test(path) !== false && !only.some((place) => place.test(path)),
  find: (node, parents) => {
    const text = opens(node, parents);
    return text === null ? null : `${text}: ${message}`;
  },
}));

/** `const { name } = object` */
function destructured(node: Node, object: string, name: string): string | null {
  if (node.type !== 'VariableDeclarator' || node.id.type !== 'ObjectPattern' || !isNamed(node.init, object))
    return null;
  const taken = node.id.properties.some((property) => property.type === 'Property' && isNamed(property.key, name));
  return taken ? `${object}.${name}` : null;
}

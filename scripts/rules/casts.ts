/** Casts are for tests and the named places; elsewhere a check says what a value is. `[] as T[]` claims nothing. */
import { beside } from './doors.ts';
import { type Finding, isTest, type NodeRule } from './sourceFile.ts';

const castsAllowed: Readonly<Record<string, { readonly most: number; readonly reason: string }>> = {
  'api/routes/registerRoute.ts': { most: 2, reason: 'a handler and its contract are indexed by the same name' },
  'crawler/identity/identityFile.ts': { most: 1, reason: 'an object from JSON, each key of which is checked next' },
  'chains/networks/genesisForks.ts': { most: 1, reason: 'keys of a table that stands beside it' },
  'chains/networks/genesisImport.ts': { most: 1, reason: 'a table of two renamed keys' },
  'crawler/store/foldVisits.ts': { most: 1, reason: 'an object filled from a list of all its keys' },
  'crawler/store/spill.ts': { most: 1, reason: 'rows that this process wrote itself, behind a checksum' },
  'web/lib/apiClient.ts': {
    most: 1,
    reason: 'answers of our own server: the API checks them against the same contract',
  },
  'web/lib/useResource.ts': { most: 1, reason: 'the cache holds under each URL what that URL gives' },
  'sql/client.ts': { most: 2, reason: 'the driver types custom codecs for one type at a time' },
  'sql/embeddedBinaries.ts': { most: 1, reason: 'a package that is optional has no types where it is missing' },
  'lib/metricsServer.ts': { most: 1, reason: 'the address of a server that listens on TCP is never text' },
  'lib/configFields.ts': { most: 1, reason: 'a nullable schema if and only if the default is null' },
  'lib/configLayers.ts': { most: 2, reason: 'an object filled key by key from a mapped type' },
};

export const castRule: NodeRule = {
  rule: 'casts',
  appliesTo: (path) => !isTest(path) && !beside.some((place) => place.test(path)),
  find: (node) => {
    if (node.type !== 'TSAsExpression' && node.type !== 'TSTypeAssertion') return null;
    const { expression, typeAnnotation } = node;
    if (typeAnnotation.type === 'TSTypeReference' && isConst(typeAnnotation.typeName)) return null;
    if (expression.type === 'ArrayExpression' && expression.elements.length === 0) return null;
    return 'narrow with a check in place of `as`';
  },
};

function isConst(name: { readonly type: string; readonly name?: string }): boolean {
  return name.type === 'Identifier' && name.name === 'const';
}

/** A file that is named above may have as many as it says. */
export function dropAllowedCasts(findings: readonly Finding[]): Finding[] {
  const counts = new Map<string, number>();
  for (const { rule, path } of findings) if (rule === 'casts') counts.set(path, (counts.get(path) ?? 0) + 1);
  return findings.filter(
    ({ rule, path }) => rule !== 'casts' || (counts.get(path) ?? 0) > (castsAllowed[path]?.most ?? 0),
  );
}

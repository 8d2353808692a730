/** Licences of the installed packages, by SPDX expression, against what may stand beside MIT. */

export interface PackageManifest {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly license?: unknown;
  readonly licenses?: unknown;
}

const allowed = new Set([
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'Unlicense',
  'CC0-1.0',
  'BlueOak-1.0.0',
  'PostgreSQL',
  'MPL-2.0',
]);

/** Packages outside the list that were looked at, `name` → licence and reason. */
const exceptions: Readonly<Record<string, { readonly licence: string; readonly reason: string }>> = {};

/** What is wrong with the licence of a package; null = nothing. */
export function licenceProblem(manifest: PackageManifest): string | null {
  const name = String(manifest.name);
  const licence = licenceOf(manifest);
  if (licence === null) return `${name}@${String(manifest.version)} declares no licence`;
  if (exceptions[name]?.licence === licence || satisfies(licence)) return null;
  return `${name}@${String(manifest.version)} is under ${licence}, which is not on the list`;
}

function licenceOf({ license, licenses }: PackageManifest): string | null {
  const declared: unknown[] = [license, ...(Array.isArray(licenses) ? licenses : [])];
  const names = declared.map(nameOf).filter((name) => name !== null);
  return names.length === 0 ? null : names.join(' OR ');
}

function nameOf(declared: unknown): string | null {
  if (typeof declared === 'string' && declared.trim() !== '') return declared.trim();
  if (typeof declared === 'object' && declared !== null && 'type' in declared) return nameOf(declared.type);
  return null;
}

/** SPDX: AND binds tighter than OR; one way through the ORs is enough. */
function satisfies(expression: string): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const atom = (): boolean => {
    const token = tokens[at++];
    if (token !== '(') return token !== undefined && allowed.has(token);
    const inner = either();
    return tokens[at++] === ')' && inner;
  };
  const both = (): boolean => {
    let all = atom();
    while (tokens[at] === 'AND') {
      at++;
      all = atom() && all;
    }
    return all;
  };
  const either = (): boolean => {
    let any = both();
    while (tokens[at] === 'OR') {
      at++;
      any = both() || any;
    }
    return any;
  };
  return either() && at === tokens.length;
}

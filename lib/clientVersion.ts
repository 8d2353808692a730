/** Versions of clients, with one order for writers and readers. */

export interface ClientVersion {
  /** One to four numbers, most significant first. */
  readonly numbers: readonly number[];
  /** Lower case, as `rc1` or `unstable`; null = a release. */
  readonly preRelease: string | null;
}

/** As `1.10.4-unstable`. */
export function versionText(version: ClientVersion): string {
  return version.numbers.join('.') + (version.preRelease === null ? '' : `-${version.preRelease}`);
}

/** Order of two versions of one client: numbers first, then a pre-release before its release. */
export function compareVersions(one: ClientVersion, other: ClientVersion): number {
  for (let i = 0; i < Math.max(one.numbers.length, other.numbers.length); i++) {
    const difference = (one.numbers[i] ?? 0) - (other.numbers[i] ?? 0);
    if (difference !== 0) return difference;
  }
  const ranks = preReleaseRank(one.preRelease) - preReleaseRank(other.preRelease);
  if (ranks !== 0) return ranks;
  return trailingNumber(one.preRelease) - trailingNumber(other.preRelease);
}

/** Order of two version texts as `versionText` writes them; null and invalid texts are below all others. */
export function compareVersionTexts(one: string | null, other: string | null): number {
  const [a, b] = [readVersionText(one), readVersionText(other)];
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  return compareVersions(a, b) || (versionText(a) < versionText(b) ? -1 : versionText(a) > versionText(b) ? 1 : 0);
}

function readVersionText(text: string | null): ClientVersion | null {
  const match = /^([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?:-([\w.]{1,32}))?$/.exec(text ?? '');
  return match === null ? null : { numbers: (match[1] ?? '').split('.').map(Number), preRelease: match[2] ?? null };
}

function preReleaseRank(preRelease: string | null): number {
  if (preRelease === null) return 4;
  if (/^(rc|pre)/.test(preRelease)) return 3;
  if (preRelease.startsWith('beta')) return 2;
  return preRelease.startsWith('alpha') ? 1 : 0;
}

function trailingNumber(preRelease: string | null): number {
  return Number(/[0-9]+$/.exec(preRelease ?? '')?.[0] ?? 0);
}

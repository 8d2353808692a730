import type { ClientVersion } from '../../lib/clientVersion.ts';
import { readLanguage, readPlatform } from './platform.ts';

/** What a client string says, as far as it can be read. The string itself is kept as well. */
export interface ClientName {
  /** Lower case, such as `geth`; null if the string does not begin with a name. */
  readonly name: string | null;
  readonly version: ClientVersion | null;
  /** Operator's own label, at most 64 characters of it; else the variant. */
  readonly label: string | null;
  /** In brackets behind the version, as `quorum-v21.1.0`. */
  readonly variant: string | null;
  readonly commit: string | null;
  readonly os: string | null;
  readonly arch: string | null;
  readonly language: { readonly name: string; readonly version: string | null } | null;
}

/** Longer strings are read up to here; Hello has 2 KiB in total. */
const maxClientNameLength = 1024;

/**
 * Reads a client string of the form `name[/label][/version][/platform][/language]…`. Only the label is the operator's,
 * and it may be anything, slashes and a whole client string included; so the string is read from its end: the last
 * platform, the version that stands right before it, the language behind it. Never throws; what it cannot read is null.
 */
export function parseClientName(raw: string): ClientName {
  const text = withoutBrackets(raw.slice(0, maxClientNameLength));
  const [first = '', ...rest] = text.split('/').map((part) => part.trim());
  const { name, suffix } = readName(first);
  if (name === null && first !== '') return { ...empty, name };
  const parts = suffix === null ? rest : [suffix, ...rest];
  const platformAt = parts.findLastIndex((part) => readPlatform(part) !== null);
  const versionAt = findVersion(name, parts, platformAt);
  const version = readVersion(parts[versionAt] ?? '', isStrict(name));
  const platform = readPlatform(parts[platformAt] ?? '');
  const behind = Math.max(platformAt, versionAt) + 1;
  return {
    name,
    version: version?.version ?? null,
    label:
      labelOf(parts.slice(0, labelEnd(parts, platformAt, versionAt))) ??
      version?.variant ??
      labelOf(parts.slice(behind).filter((part) => readLanguage(part, name) === null && !isBuildWord(part))),
    variant: version?.variant ?? null,
    commit: version?.commit ?? null,
    os: platform?.os ?? null,
    arch: platform?.arch ?? null,
    language: parts.slice(behind).flatMap((part) => readLanguage(part, name) ?? [])[0] ?? null,
  };
}

const empty = { version: null, label: null, variant: null, commit: null, os: null, arch: null, language: null };

/** `nimbus-eth1 v0.1.0 [linux: amd64, rocksdb, nimvm, c0d52b]`, as Nimbus wrote it, in the form of all others. */
function withoutBrackets(text: string): string {
  const match = /^([\w-]{1,32}) (v[\w.-]{1,64}) \[(\w{1,16}): (\w{1,16}),[^\]]*\]$/.exec(text);
  return match === null ? text : `${match[1]}/${match[2]}/${match[3]}-${match[4]}/nim`;
}

/** `Ethereum(J)` is ethereumj, `Ethereum(++)` ethereum++; `reth-97c0e691d2f0…` is reth with a commit behind it. */
function readName(first: string): { readonly name: string | null; readonly suffix: string | null } {
  const name = first.toLowerCase().replace(/^([a-z]{1,24})\((j|g|\+\+|p[yh])\)$/, '$1$2');
  const withCommit = /^([a-z]{2,16})-([0-9a-f]{7,40})$/.exec(name);
  if (withCommit !== null) return { name: withCommit[1] ?? null, suffix: `v${withCommit[2]}` };
  return { name: /^(?:\+\+)?[a-z][a-z0-9 ._+-]{0,31}$/.test(name) ? name : null, suffix: null };
}

/** geth always writes three numbers behind a `v`; others write fewer, or none. */
function isStrict(name: string | null): boolean {
  return name === 'geth';
}

/** Which part is the version that the client itself writes; -1 = none. */
function findVersion(name: string | null, parts: readonly string[], platformAt: number): number {
  if (wrapsAnother(name, parts)) return 0;
  const isVersion = (part: string) => readVersion(part, isStrict(name)) !== null;
  if (platformAt < 0) {
    const marked = parts.findLastIndex((part) => /^v/i.test(part) && isVersion(part));
    return marked >= 0 ? marked : parts.findIndex(isVersion);
  }
  let at = platformAt - 1;
  while (at > 0 && isBuildWord(parts[at] ?? '')) at--;
  return at >= 0 && isVersion(parts[at] ?? '') ? at : -1;
}

/** `Q-Client/v1.0.8-stable/Geth/v1.10.8-stable/…`: a client that names the one it was made of behind its own version. */
function wrapsAnother(name: string | null, [version = '', base = '', baseVersion = '']: readonly string[]): boolean {
  return name !== 'geth' && base === 'Geth' && [version, baseVersion].every((part) => readVersion(part, true) !== null);
}

/** Kinds of builds, which C++ clients name between version and platform, and what Nim and Java name at the end. */
function isBuildWord(part: string): boolean {
  return /^(?:release|debug|relwithdebinfo|minsizerel|dev|int|jit|ncurses|nimvm|rocksdb|[0-9]*)$/i.test(part);
}

function labelEnd(parts: readonly string[], platformAt: number, versionAt: number): number {
  if (versionAt >= 0) return versionAt;
  return platformAt >= 0 ? platformAt : parts.length;
}

/** A part that says there is no version, or is none: builds without one. */
const unversioned = /^v?(unknown|dev|null|undefined|unspecified|custom|untagged)(-|$)/i;

interface Version {
  readonly version: ClientVersion | null;
  readonly commit: string | null;
  /** In brackets behind it. */
  readonly variant: string | null;
}

function readVersion(part: string, strict: boolean): Version | null {
  if (unversioned.test(part)) return { version: null, commit: findCommit(part), variant: null };
  if (/^v[0-9a-f]{7,40}(?:-20[0-9]{6})?$/i.test(part)) {
    return { version: null, commit: findCommit(part.slice(1)), variant: null };
  }
  const match =
    /^(?:[vx][a-z]{0,8})?([0-9]{1,9}(?:\.[0-9]{1,9}){1,3})(?:[a-z]|(?=(?:a|b|rc)[0-9]))?(?=$|[-+(. ]|(?:a|b|rc)[0-9])(.*)$/i.exec(
      part,
    );
  if (match === null) return null;
  const [, digits = '', suffix = ''] = match;
  const numbers = digits.split('.').map(Number);
  const marked = /^[vx]/i.test(part);
  if (strict ? !marked || numbers.length < 3 : !marked && numbers.length > 3) return null;
  const variant = /\(([^()]*)\)/.exec(suffix);
  const build = suffix.replace(/\([^()]*\)/g, '');
  return {
    version: { numbers, preRelease: preReleaseOf(build) },
    commit: findCommit(build),
    variant: variant === null ? null : labelOf([variant[1] ?? '']),
  };
}

function preReleaseOf(build: string): string | null {
  const python = /^(a|b|rc)([0-9]{1,6})(?=$|[-+])/i.exec(build);
  if (python !== null) return `${{ a: 'alpha', b: 'beta' }[python[1]?.toLowerCase() ?? ''] ?? 'rc'}.${python[2]}`;
  const word =
    /(?:^|[-+])((?:alpha|beta|rc|pre|preview|unstable|develop|dev|nightly|main|master)[.0-9]{0,8})(?:dev)?(?=$|[-+])/i;
  return word.exec(build)?.[1]?.toLowerCase() ?? null;
}

/** The first token of hex digits that is not a date; `g52059f1` is how git describes one. */
function findCommit(text: string): string | null {
  const tokens = text
    .toLowerCase()
    .split(/[-+.]/)
    .map((token) => token.replace(/^[vg](?=[0-9a-f]{7})/, ''));
  return tokens.find((token) => /^[0-9a-f]{7,40}$/.test(token) && !/^20[0-9]{6}$/.test(token)) ?? null;
}

/** Printable text of the parts, at most 64 characters; null if there is none. */
function labelOf(parts: readonly string[]): string | null {
  const text = parts
    .join('/')
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '')
    .trim();
  const label = Array.from(text.slice(0, 130)).slice(0, 64).join('');
  return label === '' ? null : label.slice(0, 64).replace(/[\uD800-\uDBFF]$/, '');
}

import type { ClientVersion } from '../../lib/clientVersion.ts';

/** What a client string says, as far as it can be read. The string itself is kept as well. */
export interface ClientName {
  /** Lower case, such as `geth`; null if the string does not begin with a name. */
  readonly name: string | null;
  readonly version: ClientVersion | null;
  /** Operator's own label, or the variant in brackets, as `quorum-v21.1.0`. */
  readonly label: string | null;
  readonly commit: string | null;
  readonly os: string | null;
  readonly arch: string | null;
  readonly language: { readonly name: string; readonly version: string | null } | null;
}

/** Longer strings are read up to here; Hello has 2 KiB in total. */
const maxClientNameLength = 1024;

const nothing: ClientName = {
  name: null,
  version: null,
  label: null,
  commit: null,
  os: null,
  arch: null,
  language: null,
};

/**
 * Reads a client string of the form `name[/label][/version][/platform][/language]…`; parts may be missing, and platform
 * and language may be in any order. Never throws; what it cannot read is null.
 */
export function parseClientName(raw: string): ClientName {
  const [first = '', ...rest] = raw
    .slice(0, maxClientNameLength)
    .split('/')
    .map((part) => part.trim());
  const name = first.toLowerCase();
  if (!/^[a-z][a-z0-9 ._+-]{0,31}$/.test(name)) return nothing;
  return rest.filter((part) => part !== '').reduce(readPart, { ...nothing, name });
}

function readPart(client: ClientName, part: string): ClientName {
  if (client.version === null && client.commit === null) {
    const version = readVersion(part);
    if (version !== null) return { ...client, ...version, label: client.label ?? version.label };
  }
  const platform = client.os === null && client.arch === null ? readPlatform(part) : null;
  if (platform !== null) return { ...client, ...platform };
  const language = client.language === null ? readLanguage(part) : null;
  if (language !== null) return { ...client, language };
  const beforeAll = client.version === null && client.os === null && client.language === null;
  return beforeAll && client.label === null ? { ...client, label: readLabel(part) } : client;
}

/** In the place of a version: builds without one. */
const unversioned = /^v?(unknown|dev|null|undefined|unspecified|custom|untagged)(-|$)/i;

function readVersion(part: string): Pick<ClientName, 'version' | 'commit' | 'label'> | null {
  if (unversioned.test(part)) return { version: null, commit: findCommit(part), label: null };
  if (/^[0-9a-f]{7,40}$/i.test(part)) return { version: null, commit: part.toLowerCase(), label: null };
  const match = /^[vx]?([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(?=$|[-+(. ])(.*)$/i.exec(part);
  if (match === null || (!/^v/i.test(part) && !part.includes('.'))) return null;
  const [, digits = '', suffix = ''] = match;
  const variant = /\(([^()]*)\)/.exec(suffix);
  const build = suffix.replace(/\([^()]*\)/g, '');
  const preRelease =
    /(?:^|[-+])((?:alpha|beta|rc|pre|preview|unstable|develop|dev|nightly|main|master)[.0-9]{0,8})(?=$|[-+])/i;
  return {
    version: {
      numbers: digits.split('.').map(Number),
      preRelease: preRelease.exec(build)?.[1]?.toLowerCase() ?? null,
    },
    commit: findCommit(build),
    label: variant === null ? null : readLabel(variant[1] ?? ''),
  };
}

/** The first token of hex digits that is not a date. */
function findCommit(text: string): string | null {
  const tokens = text.toLowerCase().split(/[-+.]/);
  return tokens.find((token) => /^[0-9a-f]{7,40}$/.test(token) && !/^20[0-9]{6}$/.test(token)) ?? null;
}

const systems: Readonly<Record<string, string>> = {
  linux: 'linux',
  windows: 'windows',
  win32: 'windows',
  win64: 'windows',
  darwin: 'macos',
  osx: 'macos',
  macos: 'macos',
  apple: 'macos',
  android: 'android',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
};

const architectures: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  x64: 'x86_64',
  x8664: 'x86_64',
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  armv6: 'arm',
  armv7: 'arm',
  armhf: 'arm',
  '386': 'x86',
  i386: 'x86',
  i686: 'x86',
  x86: 'x86',
  s390x: 's390x',
  ppc64le: 'ppc64le',
  riscv64: 'riscv64',
  loong64: 'loong64',
};

function readPlatform(part: string): Pick<ClientName, 'os' | 'arch'> | null {
  const tokens = part
    .toLowerCase()
    .replace(/x86_64/g, 'x8664')
    .replace(/aarch_64/g, 'aarch64')
    .split(/[-_ ]/);
  const found = tokens.flatMap((token) => ownValue(systems, token) ?? []);
  const os = found.includes('android') ? 'android' : (found[0] ?? null);
  const arch = tokens.flatMap((token) => ownValue(architectures, token) ?? [])[0] ?? null;
  return os === null && arch === null ? null : { os, arch };
}

const languages: readonly (readonly [RegExp, string])[] = [
  [/^go(?=[0-9]|$)/, 'go'],
  [/^rustc?(?=[-v0-9]|$)/, 'rust'],
  [/^(?:[a-z]+-)*java(?=[-0-9]|$)/, 'java'],
  [/^dotnet(?=[-v0-9]|$)/, 'dotnet'],
  [/^nim(?=[-v0-9]|$)/, 'nim'],
  [/^node(?:js)?(?=[-v0-9]|$)/, 'nodejs'],
  [/^python(?=[-v0-9]|$)/, 'python'],
  [/^(?:c\+\+|cpp|gcc|clang)(?=[-v0-9]|$)/, 'c++'],
];

function readLanguage(part: string): ClientName['language'] {
  const text = part.toLowerCase();
  for (const [pattern, name] of languages) {
    const match = pattern.exec(text);
    if (match === null) continue;
    return { name, version: /^[-v]*([0-9]+(?:\.[0-9]+){0,3})/.exec(text.slice(match[0].length))?.[1] ?? null };
  }
  return null;
}

function readLabel(part: string): string | null {
  return /^[\w .@+:-]{1,64}$/.test(part) ? part : null;
}

function ownValue(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

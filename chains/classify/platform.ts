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
  dragonfly: 'dragonfly',
  sunos: 'sunos',
  solaris: 'sunos',
  illumos: 'sunos',
  aix: 'aix',
};

const architectures: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  x64: 'x86_64',
  x8664: 'x86_64',
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  arm32: 'arm',
  armv6: 'arm',
  armv7: 'arm',
  armv7l: 'arm',
  armhf: 'arm',
  '386': 'x86',
  i386: 'x86',
  i586: 'x86',
  i686: 'x86',
  ia32: 'x86',
  x86: 'x86',
  x8632: 'x86',
  s390x: 's390x',
  s39064: 's390x',
  ppc64: 'ppc64',
  ppc64le: 'ppc64le',
  ppcle64: 'ppc64le',
  mips: 'mips',
  mipsle: 'mips',
  mips64: 'mips64',
  mips64le: 'mips64',
  riscv64: 'riscv64',
  riscv64gc: 'riscv64',
  loong64: 'loong64',
};

/** What triples hold besides system and architecture. */
const others: ReadonlySet<string> = new Set([
  ...['unknown', 'pc', 'gnu', 'musl', 'msvc', 'gnueabi', 'gnueabihf', 'musleabi', 'musleabihf', 'eabi', 'eabihf'],
  ...['alpine', 'w64', 'mingw', 'mingw32', 'mingw64', 'microsoft', 'android', 'androideabi', 'release', 'debug'],
]);

/**
 * System and architecture of a part that names nothing else, as `linux-amd64`, `x86_64-unknown-linux-gnu` or
 * `X64-Linux 4.15.0-143-generic`; null if it is not one: `linux-box` is none.
 */
export function readPlatform(part: string): { readonly os: string | null; readonly arch: string | null } | null {
  const tokens = part
    .toLowerCase()
    .replace(/ [0-9].*$/, '')
    .replace(/(x86|aarch|arm|s390|ppcle|ppc|mips)_(64|32)/g, '$1$2')
    .split(/[-_ ]/)
    .filter((token) => token !== '');
  const os = tokens.flatMap((token) => ownValue(systems, token) ?? []);
  const arch = tokens.flatMap((token) => ownValue(architectures, token) ?? []);
  if (os.length === 0 && arch.length === 0) return null;
  if (!tokens.every((token) => Object.hasOwn(systems, token) || isArchitecture(token) || others.has(token)))
    return null;
  return { os: os.includes('android') ? 'android' : (os[0] ?? null), arch: arch[0] ?? null };
}

function isArchitecture(token: string): boolean {
  return Object.hasOwn(architectures, token);
}

const languages: readonly (readonly [RegExp, string])[] = [
  [/^(?:devel )?go(?=[0-9]|$)/, 'go'],
  [/^rustc?(?=[-v0-9]|$)/, 'rust'],
  [/^(?:-?[a-z0-9_.]+-)*java(?=[-0-9]|$)/, 'java'],
  [/^(?:dotnet|core)(?=[-v0-9]|$)/, 'dotnet'],
  [/^nim(?=[-v0-9]|$)/, 'nim'],
  [/^node(?:js)?(?=[-v0-9]|$)/, 'nodejs'],
  [/^c?python(?=[-v0-9]|$)/, 'python'],
  [/^(?:[cg]\+\+|cpp|gcc|clang|appleclang|msvc)(?=[-v0-9.]|$)/, 'c++'],
];

/** Language or runtime of a part behind the platform; a bare number there is .NET's, as Nethermind writes it. */
export function readLanguage(
  part: string,
  client: string | null,
): { readonly name: string; readonly version: string | null } | null {
  const text = part.toLowerCase();
  if (client === 'nethermind' && /^[0-9]+\./.test(text)) return { name: 'dotnet', version: versionIn(text) };
  for (const [pattern, name] of languages) {
    const match = pattern.exec(text);
    if (match !== null) return { name, version: versionIn(text.slice(match[0].length)) };
  }
  return null;
}

function versionIn(text: string): string | null {
  return /^[-v]*([0-9]+(?:\.[0-9]+){0,3})/.exec(text)?.[1] ?? null;
}

function ownValue(table: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

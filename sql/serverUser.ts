import { execFileSync } from 'node:child_process';

/** Who the database server runs as: PostgreSQL refuses to run as root. */
export interface ServerUser {
  readonly name: string;
  /** Options for child_process; empty when the server runs as we do. */
  readonly spawn: { readonly uid: number; readonly gid: number } | Record<string, never>;
}

export function findServerUser(): ServerUser {
  if (process.getuid?.() !== 0) return { name: String(process.getuid?.() ?? 'me'), spawn: {} };
  for (const name of ['postgres', '_postgres', 'nobody']) {
    const uid = lookUp('-u', name);
    const gid = lookUp('-g', name);
    if (uid !== null && gid !== null && uid !== 0) return { name, spawn: { uid, gid } };
  }
  return { name: '65534', spawn: { uid: 65_534, gid: 65_534 } };
}

function lookUp(flag: '-u' | '-g', name: string): number | null {
  try {
    const text = execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  } catch {
    return null;
  }
}

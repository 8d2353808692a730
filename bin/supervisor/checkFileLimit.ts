import { readFileSync } from 'node:fs';
import { SettingsError } from '../../lib/errors.ts';

class FileLimitError extends SettingsError<{ code: 'tooFewFiles'; limit: number; need: number }> {}

/** Files that a process needs open to load its code and to serve; and those of a crawler, besides its outgoing sessions. */
export const fileNeeds = { process: 128, crawl: 256 } as const;

/**
 * Enough files and sockets may be open at a time. Node.js has already raised the soft limit to the hard one.
 * @throws FileLimitError
 */
export function checkFileLimit(need: number): void {
  const limit = openFilesLimit();
  if (limit === null || limit >= need) return;
  throw new FileLimitError(
    { code: 'tooFewFiles', limit, need },
    `this process may have ${limit} files open, and needs ${need}: raise the limit (ulimit -n 4096; LimitNOFILE= of a systemd unit)`,
  );
}

/** null where the machine does not show it, or there is none. */
function openFilesLimit(): number | null {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? null : Number(limit);
  } catch {
    return null;
  }
}

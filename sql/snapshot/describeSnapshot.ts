import type { SnapshotFile } from './snapshotFiles.ts';

export interface SnapshotFacts {
  readonly version: string;
  readonly now: number;
  readonly from: string | null;
  readonly until: string | null;
  readonly isKeyKept: boolean;
  readonly files: readonly { readonly file: SnapshotFile; readonly rows: number }[];
}

/** The README of a snapshot: what it is, how it was masked, and every column of every file. */
export function describeSnapshot({ version, now, from, until, isKeyKept, files }: SnapshotFacts): string {
  const days = `${from ?? 'the first day'} to ${until ?? 'the last day'}`;
  return `# Snapshot of Forkscope

Written ${new Date(now).toISOString()} by Forkscope ${version}: visits and counts of ${days}, nodes and networks as they were at that
moment. All files are of one moment.

Files are CSV (RFC 4180, UTF-8, a line of names first), compressed by gzip. An empty field is unknown; times are UTC. In Python:
\`pandas.read_csv('counts.csv.gz')\`; in DuckDB: \`select * from 'counts.csv.gz'\`.

## How it was masked

- Addresses are cut to their network: /24 of IPv4, /48 of IPv6. Ports are left out.
- \`node\` and \`ip_hash\` are the first 16 bytes of HMAC-SHA256 under a key that is not in here. ${
    isKeyKept
      ? 'The operator keeps it, so that snapshots of the same operator can be joined.'
      : 'Nobody keeps it: hashes of two snapshots cannot be compared.'
  }
- Client strings are left out but for name, version, system and language, which many share; ENRs are left out.

Whoever tries to find the people behind the rows misuses them.

${files.map(({ file, rows }) => section(file, rows)).join('\n')}`;
}

function section({ name, says, columns, order }: SnapshotFile, rows: number): string {
  const ordered = order === '1' ? columns[0]?.name : order.replaceAll(/\b[a-z]\./g, '');
  return `## ${name}.csv.gz

${says} ${rows.toLocaleString('en')} rows, in the order of ${ordered}.

column | what it says
--- | ---
${columns.map((column) => `\`${column.name}\` | ${column.says}`).join('\n')}
`;
}

import { z } from 'zod';

const name = z.string().min(1).max(63);
const literal = String.raw`(?:'(?:[^'\\]|'')*'|-?\d+|true|false|NULL|MINVALUE|MAXVALUE)(?:::[a-z ]+)?`;
const list = String.raw`\(${literal}(?:, ${literal})*\)`;

// Parts of these become SQL on the server that a backup is restored to: nothing but what PostgreSQL itself writes there.
const bound = z
  .string()
  .regex(
    new RegExp(
      String.raw`^(?:DEFAULT|FOR VALUES (?:IN ${list}|FROM ${list} TO ${list}|WITH \(modulus \d+, remainder \d+\)))$`,
    ),
  );
const partitionKey = z.string().regex(/^(?:RANGE|LIST|HASH) \([a-z_0-9]+(?:, [a-z_0-9]+)*\)$/);
const option = z.string().regex(/^[a-z_.]+=[\w.-]+$/);

const storedTable = z.object({
  name,
  /** Columns with values of their own: those that are generated are left out. */
  columns: z.array(name),
  /** Of a partition: the table that it is part of. */
  parent: name.nullable(),
  /** Of a partition: what of it, as SQL. */
  bound: bound.nullable(),
  /** How it is partitioned itself, as SQL; such a table holds no rows. */
  key: partitionKey.nullable(),
  /** Storage parameters. */
  options: z.array(option),
});

/** A table as the catalogue has it. */
export type StoredTable = Readonly<z.infer<typeof storedTable>>;

/** What the first frame says. */
export const backupHeader = z.object({
  /** The Forkscope that wrote it. */
  forkscope: z.string(),
  /** The server it is from. */
  server: z.string(),
  /** When it was asked for, ISO 8601. */
  at: z.string(),
  migrations: z.array(z.object({ version: z.int(), name: z.string(), checksum: z.string() })).min(1),
  /** A partition comes after what it is part of. */
  tables: z.array(storedTable),
});

export type BackupHeader = Readonly<z.infer<typeof backupHeader>>;

export const tableStart = z.object({ table: name, columns: z.array(name) });
export const tableEnd = z.object({ rows: z.int().min(0), textBytes: z.int().min(0) });

/** Where each sequence stands; 64 bits as text. */
export const storedSequences = z.array(z.object({ name, last: z.string().regex(/^-?\d{1,19}$/), called: z.boolean() }));
export type StoredSequence = Readonly<z.infer<typeof storedSequences>[number]>;

/** The version of the schema. */
export function schemaOf(header: BackupHeader): number {
  return header.migrations.at(-1)?.version ?? 0;
}

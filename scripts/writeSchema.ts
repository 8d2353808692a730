/**
 * `npm run schema`: writes what migrations and functions make of an empty database, and notes the checksums of new
 * migrations and of the functions that came with the newest.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { functionsDigest } from '../sql/applyFunctions.ts';
import { dumpSchema } from '../sql/dumpSchema.ts';
import { readSchemaFiles } from '../sql/migrate.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';

const database = await openTestDatabase();
writeFileSync(join(packageRoot, 'sql/schema.sql'), await dumpSchema(database.sql));
await database.close();

const { migrations, functions } = await readSchemaFiles();
note('sql/migrations/checksums.json', Object.fromEntries(migrations.map(({ name, checksum }) => [name, checksum])));
note('sql/functions/checksums.json', { [migrations.at(-1)?.name ?? '']: functionsDigest(functions) });

/** A checksum that is there stays: what is merged is never edited. */
function note(path: string, checksums: Readonly<Record<string, string>>): void {
  const file = join(packageRoot, path);
  const noted: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const [name, checksum] of Object.entries(checksums)) noted[name] ??= checksum;
  writeFileSync(file, `${JSON.stringify(noted, null, 2)}\n`);
}

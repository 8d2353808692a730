/** `npm run schema`: writes what the migrations make of an empty database, and notes the checksum of new migrations. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';
import { dumpSchema } from '../sql/dumpSchema.ts';
import { readMigrations } from '../sql/migrate.ts';
import { openTestDatabase } from '../sql/testDatabase.ts';

const database = await openTestDatabase();
writeFileSync(join(packageRoot, 'sql/schema.sql'), await dumpSchema(database.sql));
await database.close();

// A checksum that is there stays: a merged migration is never edited.
const path = join(packageRoot, 'sql/migrations/checksums.json');
const noted: Record<string, string> = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
for (const { name, checksum } of await readMigrations()) noted[name] ??= checksum;
writeFileSync(path, `${JSON.stringify(noted, null, 2)}\n`);

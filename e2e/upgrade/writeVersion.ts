/**
 * `npm run keep-rows`: keeps what this build writes as the rows of its schema's version, from which every later build is
 * tested to upgrade. To be run before a release; rows that are kept already are never written again.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { readMigrations } from '../../sql/migrate.ts';
import { openTestDatabase } from '../../sql/testDatabase.ts';
import { fillDatabase } from './fillDatabase.ts';
import { formatRows, readTables } from './tableRows.ts';
import { versionPath } from './versions.ts';

const path = versionPath((await readMigrations()).length);
if (existsSync(path)) {
  console.error(`${path} is there already`);
  process.exitCode = 1;
} else {
  const database = await openTestDatabase();
  try {
    await fillDatabase(database.sql, database.url);
    writeFileSync(path, formatRows(await readTables(database.sql)));
    console.log(`wrote ${path}`);
  } finally {
    await database.close();
  }
}

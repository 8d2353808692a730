import type { Command } from './command.ts';

/** In the order of the help. A command is listed here when it works. */
export const commandLoaders: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
};

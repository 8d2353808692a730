import type { Command } from './commands/command.ts';

/** In the order of the help. */
export const commandLoaders: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./commands/start.ts')).startCommand,
  crawl: async () => (await import('./commands/crawl.ts')).crawlCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  raft: async () => (await import('./commands/raft.ts')).raftCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  probe: async () => (await import('./commands/probe.ts')).probeCommand,
  networks: async () => (await import('./commands/networks.ts')).networksCommand,
  backup: async () => (await import('./commands/backup.ts')).backupCommand,
  restore: async () => (await import('./commands/restore.ts')).restoreCommand,
  export: async () => (await import('./commands/export.ts')).exportCommand,
  db: async () => (await import('./commands/database.ts')).databaseCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
};

/** `npm run bench -- <name> [words]`: runs one benchmark. Its last line is one JSON object. */
const benches: Readonly<Record<string, () => Promise<{ run(words: readonly string[]): Promise<object> }>>> = {
  api: () => import('./api.ts'),
  wire: () => import('./wire.ts'),
  packet: () => import('./packet.ts'),
  raft: () => import('./raft.ts'),
  discovery: () => import('./discovery.ts'),
  dial: () => import('./dial.ts'),
  memory: () => import('./memory.ts'),
  scale: () => import('./scale.ts'),
  days: () => import('./days.ts'),
  history: () => import('./history.ts'),
  store: () => import('./store.ts'),
  storage: () => import('./storage.ts'),
  truth: () => import('./truth.ts'),
  backup: () => import('./backup.ts'),
};

const [name, ...words] = process.argv.slice(2);
const load = name === undefined ? undefined : benches[name];
if (load === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join(' | ')}`);
  process.exit(1);
}
const { run } = await load();
console.log(JSON.stringify(await run(words)));

import { commonFields } from '../../lib/commonConfig.ts';
import { countOf } from '../../lib/plural.ts';
import { type Command, UsageError } from './command.ts';
import { commandServer } from './commandServer.ts';
import { exportList, listFlags } from './exportList.ts';

const leastKeyBytes = 16;

export const exportCommand: Command = {
  name: 'export',
  summary:
    'Write what may be published: snapshot FOLDER, counts, visits and nodes as CSV, addresses masked; dns FOLDER, a signed list of nodes for DNS.',
  operands: 'snapshot FOLDER | dns FOLDER',
  configs: { export: commonFields },
  flags: {
    from: { summary: 'snapshot: First day of visits and counts, YYYY-MM-DD (default: all).', value: 'DAY' },
    until: { summary: 'snapshot: Last day.', value: 'DAY' },
    'key-file': {
      summary:
        'snapshot: File with the secret for hashes of nodes and addresses, so that snapshots can be joined (default: a new one each time).',
      value: 'FILE',
    },
    ...listFlags,
  },
  async run(context) {
    const [word, path, ...others] = context.operands;
    if ((word !== 'snapshot' && word !== 'dns') || path === undefined || others.length > 0) {
      throw new UsageError('export takes snapshot or dns, and one folder to write, such as snapshot 2026-11');
    }
    const foreign = Object.keys(context.flags).find((flag) => Object.hasOwn(listFlags, flag) !== (word === 'dns'));
    if (foreign !== undefined) throw new UsageError(`export ${word} takes no --${foreign}`);
    if (word === 'dns') return exportList(context, path);
    const { flags, signal, version } = context;
    const [from, until] = [readDay(flags.from, '--from'), readDay(flags.until, '--until')];
    const key = typeof flags['key-file'] === 'string' ? await readKey(flags['key-file']) : null;
    const { open } = commandServer(context);
    await using server = await open();
    const { exportSnapshot } = await import('../../sql/snapshot/exportSnapshot.ts');
    const { files } = await exportSnapshot({
      ...{ url: server.url, path, version, now: Date.now(), from, until, key, signal },
    });
    const told = files.map(({ file, rows }) => `${countOf(rows, { one: 'row', other: 'rows' })} of ${file.name}`);
    context.stdout(`${path}: ${told.join(', ')}; README.md says what they are\n`);
    return 0;
  },
};

function readDay(given: string | boolean | undefined, flag: string): string | null {
  if (typeof given !== 'string') return null;
  if (!/^\d{4}-\d{2}-\d{2}$/.test(given) || Number.isNaN(Date.parse(given))) {
    throw new UsageError(`${flag} takes a day such as 2026-11-28, not "${given}"`);
  }
  return given;
}

async function readKey(path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  const key = await readFile(path).catch(() => null);
  if (key === null) throw new UsageError(`--key-file: ${path} cannot be read`);
  if (key.length < leastKeyBytes) throw new UsageError(`--key-file: ${path} holds less than ${leastKeyBytes} bytes`);
  return key;
}

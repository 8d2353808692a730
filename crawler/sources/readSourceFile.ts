import { readFileSync, statSync } from 'node:fs';
import { reasonOf, SettingsError } from '../../lib/errors.ts';
import { plainText } from '../../lib/plainText.ts';
import { type NodeList, readNodeList } from './nodeList.ts';

/** A file that is a source cannot be read, or names no node. Its message is a sentence with the fix. */
export class SourceFileError extends SettingsError<{ code: 'sourceFileInvalid'; file: string }> {}

const maxBytes = 64 * 1024 * 1024;
/** Those that a list vouches for are visited whatever the bounds say; what a crawl found is only offered. */
const maxNodes = { list: 10_000, nodeSet: 200_000, table: 200_000 } as const;

/** @throws SourceFileError for a file that cannot be read, or names no node */
export function readSourceFile(file: string): NodeList {
  const fail = (problem: string): never => {
    throw new SourceFileError({ code: 'sourceFileInvalid', file }, `${file} ${problem}`);
  };
  const text = readText(file, fail);
  const list = readNodeList(text);
  const most = maxNodes[list.format];
  if (list.nodes.length > most)
    return fail(
      `names ${list.nodes.length} nodes; at most ${most} are taken from a file of this kind: split it, or give a nodes.json`,
    );
  const [first] = list.nodes;
  if (first !== undefined && list.nodes.every((node) => /^\s*enrtree:/i.test(node)))
    return fail(`names no node, only a list in DNS: give that itself, as --source ${first}`);
  if (first !== undefined) return list;
  if (/"(genesisHash|alloc|gasLimit)"/.test(text))
    return fail(
      'describes a network and names no node: give a network file by --network, or add a genesis.json by networks add',
    );
  return fail(
    'names no node: there is neither an enode:// URL nor an enr: record in it, and no table whose first line names a column enode, enr or id and ip',
  );
}

function readText(file: string, fail: (problem: string) => never): string {
  let decoded: string;
  try {
    const { size } = statSync(file);
    if (size > maxBytes) return fail(`is larger than 64 MiB; give a smaller list`);
    decoded = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof SourceFileError) throw error;
    return fail(`cannot be read: ${reasonOf(error)}`);
  }
  const plain = plainText(decoded);
  return 'problem' in plain ? fail(plain.problem) : plain.text;
}

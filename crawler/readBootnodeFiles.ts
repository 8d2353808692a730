import { readFileSync } from 'node:fs';
import { reasonOf, SettingsError } from '../lib/errors.ts';
import { plainText } from '../lib/plainText.ts';

class BootnodeFileError extends SettingsError<{ code: 'bootnodeFileInvalid'; file: string }> {}

/** Nodes of one file. */
const maxNodes = 10_000;

/**
 * The nodes that files name, each as it is written there.
 * @throws BootnodeFileError for a file that cannot be read, or names no node
 */
export function readBootnodeFiles(paths: readonly string[]): string[] {
  return paths.flatMap((file) => {
    const nodes = listNodes(readText(file));
    if (nodes.length === 0)
      throw new BootnodeFileError(
        { code: 'bootnodeFileInvalid', file },
        `${file} names no node: there is neither an enode:// URL nor an enr: record in it`,
      );
    if (nodes.length > maxNodes)
      throw new BootnodeFileError(
        { code: 'bootnodeFileInvalid', file },
        `${file} names ${nodes.length} nodes; at most ${maxNodes} are taken from a file`,
      );
    return nodes;
  });
}

function readText(file: string): string {
  const fail = (problem: string): never => {
    throw new BootnodeFileError({ code: 'bootnodeFileInvalid', file }, `${file} ${problem}`);
  };
  let decoded: string;
  try {
    decoded = readFileSync(file, 'utf8');
  } catch (error) {
    return fail(`cannot be read: ${reasonOf(error)}`);
  }
  const plain = plainText(decoded);
  return 'problem' in plain ? fail(plain.problem) : plain.text;
}

/**
 * Whatever the format is, a list of nodes is URLs in quotes or between spaces: JSON (static-nodes.json, trusted-nodes.json,
 * permissioned-nodes.json, also with comments or the brackets missing), TOML (geth's dumpconfig), Go, YAML, lines. In a
 * list of texts each is meant as a node, so one that is none is named as it stands. Pure.
 */
function listNodes(text: string): string[] {
  const listed = listOfTexts(text);
  if (listed !== null) return listed;
  return text.split(/\r?\n/).flatMap((line) => {
    if (/^\s*(#|\/\/|;|--)/.test(line)) return [];
    return (line.match(/(enode:\/\/|enr:|enrtree:\/\/)[^\s"'`,;<>()]+/gi) ?? []).map((url) =>
      url.replace(/(?<![:\d])\]$/, ''),
    );
  });
}

/** The texts of a JSON list, or of a list under a name as in Besu's and Nethermind's files; null if it is none. */
function listOfTexts(text: string): string[] | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(json)) return null;
  return json.flatMap((item: unknown) => (typeof item === 'string' && item.trim() !== '' ? item : []));
}

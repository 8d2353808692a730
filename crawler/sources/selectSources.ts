import { SettingsError } from '../../lib/errors.ts';
import { DnsTreeError, parseTreeLink, type TreeLink } from '../../p2p/wire/dnsTree.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { SourceFile } from './sourceFile.ts';
import { readSource } from './sourceSetting.ts';

class SourceError extends SettingsError<{ code: 'sourceInvalid'; source: string }> {}

/** A list in DNS, as it was given. */
export interface GivenTree {
  readonly link: TreeLink;
  /** Slug of the network whose file names it; null = the settings do. */
  readonly network: string | null;
}

/** Where nodes come from besides bootnodes and other nodes. */
export interface Sources {
  readonly files: readonly SourceFile[];
  readonly trees: readonly GivenTree[];
}

/**
 * Files are read, lists in DNS are not asked for yet. `ofNetworks`: lists that network files name and that are to be read.
 * @throws SourceFileError for a file that cannot be read, or names no node; SourceError for a list without a valid key
 */
export function selectSources(
  curve: Curve,
  given: readonly string[],
  ofNetworks: readonly { readonly text: string; readonly network: string }[],
): Sources {
  const settings = [...new Set(given)].map(readSource);
  const urls = new Map<string, string | null>(ofNetworks.map(({ text, network }) => [text, network]));
  for (const setting of settings) if (setting.at === 'dns') urls.set(setting.url, null);
  return {
    files: settings.flatMap((setting) => (setting.at === 'file' ? new SourceFile(setting.path) : [])),
    trees: [...urls].map(([url, network]) => ({ link: readLink(curve, url), network })),
  };
}

function readLink(curve: Curve, url: string): TreeLink {
  try {
    return parseTreeLink(curve, url);
  } catch (cause) {
    if (!(cause instanceof DnsTreeError)) throw cause;
    throw new SourceError(
      { code: 'sourceInvalid', source: url },
      `${url} is no list in DNS: between enrtree:// and @ there must be the 53 letters and digits of a public key; copy it once more, as a whole`,
      { cause },
    );
  }
}

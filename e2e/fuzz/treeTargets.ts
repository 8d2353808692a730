/** Readers of lists of nodes in DNS. Entries are named, and roots signed, anew around what was changed. */
import { entryName, parseTreeEntry, parseTreeLink, parseTreeRoot } from '../../p2p/wire/dnsTree.ts';
import { keccak256 } from '../../p2p/wire/keccak.ts';
import type { Curve } from '../../p2p/wire/secp256k1.ts';
import { readTestdata } from '../../testkit/readTestdata.ts';
import type { FuzzTarget } from './fuzzTarget.ts';
import { type Mutator, mutateText } from './mutators.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function treeTargets(curve: Curve): FuzzTarget[] {
  const { url, tree }: { readonly url: string; readonly tree: Readonly<Record<string, string>> } = readTestdata(
    'p2p/wire/testdata/dnsTree.json',
  );
  const key = new Uint8Array(32).fill(0x11);
  const owner = curve.publicKey(key);
  const texts = Object.values(tree);
  const sign = (content: string): Uint8Array => {
    const signature = curve.sign(keccak256(encoder.encode(content)), key);
    return encoder.encode(`${content} sig=${Buffer.from(signature).toString('base64url')}`);
  };
  const contentOf = (text: string): string => text.replace(/ sig=.*$/, '');
  const signed: Mutator = (sample, random) =>
    random.below(4) === 0
      ? mutateText(sample, random)
      : sign(decoder.decode(mutateText(encoder.encode(contentOf(decoder.decode(sample))), random)));
  return [
    {
      name: 'treeEntry',
      samples: texts.filter((text) => !text.startsWith('enrtree-root')).map((text) => encoder.encode(text)),
      mutate: mutateText,
      decode(bytes) {
        const text = decoder.decode(bytes);
        return parseTreeEntry(curve, entryName(text), text);
      },
    },
    {
      name: 'treeRoot',
      samples: texts.filter((text) => text.startsWith('enrtree-root')).map((text) => sign(contentOf(text))),
      mutate: signed,
      decode: (bytes) => parseTreeRoot(curve, decoder.decode(bytes), owner),
    },
    {
      name: 'treeLink',
      samples: [encoder.encode(url)],
      mutate: mutateText,
      decode: (bytes) => parseTreeLink(curve, decoder.decode(bytes)),
    },
  ];
}

/** Mutation that knows the shape of what it changes, so that mutants get past the first check. */
import { decodeRlp, encodeRlp, type RlpInput, type RlpItem } from '../../p2p/wire/rlp.ts';
import { mutate } from '../../testkit/fuzz.ts';
import type { SeededRandom } from '../../testkit/seededRandom.ts';

/** Largest mutant that is made; decoders are offered far less by their sockets. */
const maxBytes = 64 * 1024;

export type Mutator = (sample: Uint8Array, random: SeededRandom) => Uint8Array;

/** Bytes as bytes. */
export const mutateBytes: Mutator = (sample, random) => mutate(sample, random).subarray(0, maxBytes);

/** Items of RLP left out, doubled, exchanged, nested or given other values; a fifth of the mutants as mere bytes. */
export const mutateRlp: Mutator = (sample, random) => {
  if (random.below(5) === 0) return mutateBytes(sample, random);
  let item: RlpItem;
  try {
    item = decodeRlp(sample, { maxDepth: 32 });
  } catch {
    return mutateBytes(sample, random);
  }
  let changed: RlpInput = item;
  for (let wounds = 1 + random.below(3); wounds > 0; wounds--) changed = woundItem(changed, random, 0);
  return encodeRlp(changed).subarray(0, maxBytes);
};

function woundItem(item: RlpInput, random: SeededRandom, depth: number): RlpInput {
  if (Array.isArray(item) && item.length > 0 && depth < 8 && random.below(4) > 0) {
    const list: RlpInput[] = [...item];
    const at = random.below(list.length);
    const [one] = list.slice(at);
    switch (random.below(6)) {
      case 0:
        return list.toSpliced(at, 1);
      case 1:
        return list.toSpliced(at, 0, one ?? []);
      case 2:
        return list.toSpliced(at, 1).toSpliced(random.below(list.length), 0, one ?? []);
      case 3:
        return [...list, ...Array.from({ length: random.below(40) }, () => plainValue(random))];
      default:
        list[at] = woundItem(one ?? [], random, depth + 1);
        return list;
    }
  }
  switch (random.below(4)) {
    case 0:
      return nest(item, 1 + random.below(40));
    case 1:
      return item instanceof Uint8Array ? mutate(item, random) : [];
    default:
      return plainValue(random);
  }
}

function nest(item: RlpInput, depth: number): RlpInput {
  return depth === 0 ? item : [nest(item, depth - 1)];
}

function plainValue(random: SeededRandom): RlpInput {
  return random.pick<RlpInput>([
    new Uint8Array(0),
    Uint8Array.of(0),
    Uint8Array.of(0x7f),
    new Uint8Array(8).fill(0xff),
    new Uint8Array(9).fill(0xff),
    random.bytes(random.below(70)),
    new Uint8Array(33),
    [],
    [[]],
  ]);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Values of JSON left out, renamed, or given another type, size or depth; a fifth of the mutants as mere text. */
export const mutateJson: Mutator = (sample, random) => {
  if (random.below(5) === 0) return mutateText(sample, random);
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(sample));
  } catch {
    return mutateText(sample, random);
  }
  for (let wounds = 1 + random.below(3); wounds > 0; wounds--) json = woundJson(json, random, 0);
  return encoder.encode(JSON.stringify(json) ?? 'null').subarray(0, maxBytes);
};

function woundJson(value: unknown, random: SeededRandom, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > 12 || random.below(6) === 0) return oddValue(random);
  if (Array.isArray(value)) {
    if (value.length === 0) return [oddValue(random)];
    const at = random.below(value.length);
    if (random.below(4) === 0) return [...value, ...value];
    if (random.below(4) === 0) return value.toSpliced(at, 1);
    return value.with(at, woundJson(value[at], random, depth + 1));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { [oddKey(random)]: oddValue(random) };
  const at = random.below(entries.length);
  const [key, inner] = entries[at] ?? ['', null];
  switch (random.below(5)) {
    case 0:
      return Object.fromEntries(entries.toSpliced(at, 1));
    case 1:
      return Object.fromEntries(entries.with(at, [oddKey(random), inner]));
    default:
      return Object.fromEntries(entries.with(at, [key, woundJson(inner, random, depth + 1)]));
  }
}

function oddKey(random: SeededRandom): string {
  return random.pick(['__proto__', 'constructor', 'toString', '', 'length', '0', '\u202e', 'x'.repeat(300)]);
}

function oddValue(random: SeededRandom): unknown {
  return random.pick<() => unknown>([
    () => null,
    () => true,
    () => -1,
    () => 1e308,
    () => 0.5,
    () => Number.MAX_SAFE_INTEGER + 2,
    () => '',
    () => '0x',
    () => `0x${'f'.repeat(random.below(200))}`,
    () => '9'.repeat(1 + random.below(400)),
    () => '-0',
    () => '\u0000\ud800\u202e',
    () => 'a'.repeat(5_000),
    () => [],
    () => ({}),
    () => ({ length: 2 ** 32 }),
    () => Array.from({ length: 600 }, (_, n) => n),
    () => JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`),
  ])();
}

/** Text with parts doubled, left out or replaced by what other texts stumble over. */
export const mutateText: Mutator = (sample, random) => {
  let text = decoder.decode(sample);
  for (let wounds = 1 + random.below(3); wounds > 0; wounds--) {
    const at = random.below(text.length + 1);
    const to = at + random.below(Math.min(12, text.length - at + 1));
    const odd = random.pick([
      '',
      '@',
      ':',
      '[',
      ']',
      '%',
      '?',
      '\n',
      '\u0000',
      '-',
      '.',
      '0x',
      '9'.repeat(30),
      'é',
      '\u202e',
      '::',
    ]);
    text = `${text.slice(0, at)}${random.below(3) === 0 ? text.slice(at, to).repeat(2) : odd}${text.slice(to)}`;
  }
  return encoder.encode(text).subarray(0, maxBytes);
};

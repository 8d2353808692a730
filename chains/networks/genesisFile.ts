import { z } from 'zod';
import { hexToBytes } from '../../p2p/wire/bytes.ts';

/** A number in geth's files: JSON number, decimal text or 0x hex. An inexact JSON number is refused. */
function uintSchema(bits: 64 | 256) {
  return z
    .union(
      [z.int().min(0), z.string().regex(/^0x[0-9a-fA-F]{1,64}$/), z.string().regex(/^[0-9]{1,78}$/)],
      'expected a whole number: a JSON number up to 9007199254740991, decimal text or 0x hex',
    )
    .transform((value) => BigInt(value))
    .refine((value) => value < 1n << BigInt(bits), `expected a number below 2^${bits}`);
}

/** Bytes in hex, with or without 0x, as geth allows. */
const bytesSchema = z
  .string()
  .regex(/^(0x)?([0-9a-fA-F]{2})*$/, 'expected hex bytes')
  .transform(hexToBytes);

function fixedBytesSchema(length: number) {
  return z
    .string()
    .regex(new RegExp(`^(0x)?[0-9a-fA-F]{${length * 2}}$`), `expected ${length} bytes in hex`)
    .transform(hexToBytes);
}

/** A storage key or value: up to 32 bytes, padded on the left. */
const wordSchema = z
  .string()
  .regex(/^(0x)?[0-9a-fA-F]{1,64}$/, 'expected up to 32 bytes in hex')
  .transform((hex) => hexToBytes(hex.replace(/^0x/, '').padStart(64, '0')));

const accountSchema = z.looseObject({
  balance: uintSchema(256),
  nonce: uintSchema(64).optional(),
  code: bytesSchema.optional(),
  storage: z
    .record(z.string().regex(/^(0x)?[0-9a-fA-F]{1,64}$/, 'expected up to 32 bytes in hex'), wordSchema)
    .optional(),
});
export type GenesisAccount = z.output<typeof accountSchema>;

const optionalUint64 = uintSchema(64).nullish();

/**
 * geth's genesis.json, of go-ethereum and its relatives (core-geth, GoQuorum, BSC, Bor) and of Besu.
 * `mixhash` and `mixHash` are the same key there, as keys are matched without regard to case.
 */
export const genesisFileSchema = z.looseObject({
  config: z.looseObject({ chainid: uintSchema(64) }),
  nonce: optionalUint64,
  timestamp: optionalUint64,
  extradata: bytesSchema.nullish(),
  gaslimit: uintSchema(64),
  difficulty: uintSchema(256).nullish(),
  mixhash: fixedBytesSchema(32).nullish(),
  coinbase: fixedBytesSchema(20).nullish(),
  number: optionalUint64,
  gasused: optionalUint64,
  parenthash: fixedBytesSchema(32).nullish(),
  basefeepergas: uintSchema(256).nullish(),
  excessblobgas: optionalUint64,
  blobgasused: optionalUint64,
  alloc: z.record(z.string().regex(/^(0x)?[0-9a-fA-F]{40}$/, 'expected an address of 20 bytes in hex'), accountSchema),
});
export type GenesisFile = z.output<typeof genesisFileSchema>;

/**
 * The file with the keys of its first level and of `config` in lower case, as Go reads them, and the original names for
 * messages. Anything else is returned unchanged.
 */
export function lowerKeys(file: unknown): { file: unknown; written: ReadonlyMap<string, string> } {
  const written = new Map<string, string>();
  const lowered = lower(file, '', written);
  if (!isRecord(lowered) || !('config' in lowered)) return { file: lowered, written };
  return { file: { ...lowered, config: lower(lowered.config, 'config.', written) }, written };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lower(value: unknown, prefix: string, written: Map<string, string>): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      written.set(prefix + key.toLowerCase(), prefix + key);
      return [key.toLowerCase(), field];
    }),
  );
}

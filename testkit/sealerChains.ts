import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/packageRoot.ts';

/** A recorded chain of sealers: consortium/testdata/README.md. */
export interface RecordedSealers {
  readonly consensus: 'qbft' | 'ibft' | 'clique';
  /** Of the nodes, in their order. */
  readonly addresses: readonly string[];
  readonly answers: Readonly<
    Record<string, { readonly result: unknown } | { readonly error: { code: number; message: string } }>
  >;
  readonly headers: readonly RecordedHeader[];
  readonly halt: readonly { readonly at: number; readonly latest: number }[];
  readonly snapshot?: unknown;
}

type RecordedHeader = Readonly<Record<string, string | readonly string[]>> & {
  readonly number: string;
  readonly timestamp: string;
};

const files = { qbft: '22-qbft-chain', ibft: '23-ibft-chain', clique: '24-clique-chain' };

export function readSealerChain(consensus: RecordedSealers['consensus']): RecordedSealers {
  const text = readFileSync(join(packageRoot, 'consortium/testdata', `${files[consensus]}.json`), 'utf8');
  const recorded = JSON.parse(text) as RecordedSealers;
  const logsBloom = `0x${'00'.repeat(256)}`;
  return { ...recorded, headers: recorded.headers.map((header) => ({ ...header, logsBloom })) };
}

import type { DistributionResponse } from '../../../api/contract/counts.ts';

const protocols = ['discv4', 'discv5'] as const;

/** The discovery protocols by which any node answered; one that is missing was not asked, or nobody answers by it. */
export function answeredBy(rows: readonly Pick<DistributionResponse['rows'][number], 'key'>[]) {
  return protocols.filter((protocol) => rows.some(({ key }) => key === protocol || key === 'both'));
}

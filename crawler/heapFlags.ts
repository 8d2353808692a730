/**
 * How V8 manages a crawler's heap, which is a few tens of megabytes of known nodes and a stream of short-lived packets.
 * The young generation fills up to its maximum size: with V8's default of 16 MiB, a burst costs 30 MiB for good. The old
 * generation is collected when it has grown by half: by V8's own rule it may grow up to four times, which was most of the
 * memory of a crawler with 100,000 IDs.
 */
export const heapGrowth = '--heap-growing-percent=50';

/** For starting a crawler's process; the second flag can also be set within it. */
export const heapFlags: readonly string[] = ['--max-semi-space-size=8', heapGrowth];

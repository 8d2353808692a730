/**
 * How V8 keeps a crawler's heap, which is a few tens of megabytes of what is known and a stream of short-lived packets.
 * The young generation fills up to whatever size it may have: with V8's own 16 MiB a burst costs 30 MiB for good. The old
 * one is collected when half as much again is in it: V8's own rule is up to four times, which is most of what a crawler
 * of 100,000 IDs took.
 */
export const heapGrowth = '--heap-growing-percent=50';

/** For whoever starts a crawler's process; the second one can be set within it, too. */
export const heapFlags: readonly string[] = ['--max-semi-space-size=8', heapGrowth];

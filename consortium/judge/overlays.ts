import type { MemberRef } from '../ask/round.ts';
import type { Emitted } from './emitted.ts';
import type { JudgeConfig } from './judgeConfig.ts';
import type { StateTransition } from './raftEvent.ts';
import { type Overlay, quietOverlay, type Reading, readOverlay } from './settle.ts';
import type { NodeTally, RoundTally } from './tallyRound.ts';

/** Conditions that are independent of the state. */
export interface OverlayStates {
  readonly multipleMinters: Overlay;
  readonly viewSplit: Overlay;
  /** BOUNDED: by the endpoints of the rounds' nodes; quiet ones are dropped. */
  readonly isolated: ReadonlyMap<string, Overlay>;
  readonly stall: Stall;
}

/** Since when the head has not moved, and since when transactions have waited, ms since the epoch. */
export interface Stall {
  /** The last round that showed both. */
  readonly readAt: number;
  readonly on: boolean;
  readonly head: number | null;
  readonly headSince: number;
  readonly pendingSince: number | null;
}

export const quietOverlays: OverlayStates = {
  multipleMinters: quietOverlay,
  viewSplit: quietOverlay,
  isolated: new Map(),
  stall: { readAt: 0, on: false, head: null, headSince: 0, pendingSince: null },
};

type OverlayConfig = Pick<JudgeConfig, 'doubleClaimMs' | 'isolatedMs' | 'stalledMs' | 'gapMs'>;

/** Reads all overlays from one round. A round without any view says nothing about them. */
export function readOverlays(
  before: OverlayStates,
  tally: RoundTally,
  settled: StateTransition | null,
  config: OverlayConfig,
): { readonly overlays: OverlayStates; readonly events: readonly Emitted[] } {
  const events: Emitted[] = [];
  const blind = tally.nodes.every((node) => node.view === null);
  const leader = settled?.state === 'confirmed' ? settled.leader : null;
  const step = (
    overlay: Overlay,
    reading: Reading,
    minMs: number,
    kind: 'multipleMinters' | 'viewSplit' | 'nodeIsolated',
    about: { readonly from: MemberRef | null; readonly observers?: RoundTally['observers'] },
  ): Overlay => {
    const { overlay: next, turnedAt } = readOverlay(overlay, reading, tally.t, minMs);
    if (turnedAt !== null) events.push({ kind: next.on ? `${kind}Started` : `${kind}Ended`, at: turnedAt, ...about });
    return next;
  };

  const multipleMinters = step(
    before.multipleMinters,
    blind ? null : tally.claims.length > 1,
    config.doubleClaimMs,
    'multipleMinters',
    { from: leader },
  );
  const viewSplit = step(before.viewSplit, blind ? null : tally.leaderViews > 1, config.doubleClaimMs, 'viewSplit', {
    from: leader,
  });
  const isolated = new Map<string, Overlay>();
  for (const node of tally.nodes) {
    const next = step(
      before.isolated.get(node.node) ?? quietOverlay,
      isIsolated(node, tally),
      config.isolatedMs,
      'nodeIsolated',
      { from: node.self, observers: tally.observers.filter((observer) => observer.node === node.node) },
    );
    if (next.on || next.contraryAt !== null) isolated.set(node.node, next);
  }
  const { stall, event } = readStall(before.stall, tally, config);
  if (event !== null) events.push(event);
  return { overlays: { multipleMinters, viewSplit, isolated, stall }, events };
}

/** A node without a leader is isolated only while the cluster has a confirmed one; otherwise this round says nothing. */
function isIsolated(node: NodeTally, tally: RoundTally): Reading {
  if (node.result === 'removed') return false;
  if (node.hasLeader === null) return null;
  if (node.hasLeader) return false;
  return tally.verdict.state === 'confirmed' ? true : null;
}

function readStall(
  before: Stall,
  tally: RoundTally,
  { stalledMs, gapMs }: OverlayConfig,
): { readonly stall: Stall; readonly event: Emitted | null } {
  const { t, head, pending } = tally;
  if (head === null || pending === null) return { stall: before, event: null };
  const moved = before.head === null || head > before.head;
  const headSince = moved ? t : before.headSince;
  const pendingSince = pending > 0 ? (before.pendingSince ?? t) : null;
  const since = pendingSince === null ? null : Math.max(headSince, pendingSince);
  const on = since !== null && t - since >= stalledMs;
  const stall = { readAt: t, on, head: moved ? head : before.head, headSince, pendingSince };
  if (on === before.on) return { stall, event: null };
  if (on) return { stall, event: { kind: 'stalledStarted', at: since } };
  // It ended at some moment while nobody was looking.
  return { stall, event: { kind: 'stalledEnded', gap: t - before.readAt > gapMs } };
}

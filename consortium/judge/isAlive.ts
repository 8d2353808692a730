import { type AnswerKind, kindOf, type NodeResult } from '../ask/round.ts';

const deadKinds: ReadonlySet<AnswerKind> = new Set(['refused', 'silent', 'hangs']);

/** Whether something alive answered, with or without a view. A node whose Raft methods hang takes no part in Raft. */
export function isAlive(result: NodeResult): boolean {
  return !deadKinds.has(kindOf(result));
}

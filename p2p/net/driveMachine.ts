import type { Cancel, Clock } from '../ports.ts';

/** A sans-IO machine: what it wants done and known comes back from its methods. */
interface Machine<Output> {
  tick(now: number): readonly Output[];
  /** When to call `tick` next; null = not before something else happens. */
  nextDeadline(): number | null;
}

export interface MachineDriver<Output> {
  /** Carries out what the machine returned, and sees to it that `tick` is called when it is due. */
  apply(outputs: readonly Output[]): void;
  /** No `tick` will come any more. */
  stop(): void;
}

/** Calls a machine when something is due, by the clock that is given. */
export function driveMachine<Output>(
  machine: Machine<Output>,
  clock: Clock,
  act: (output: Output) => void,
): MachineDriver<Output> {
  let stopped = false;
  let wake: { readonly at: number; readonly cancel: Cancel } | null = null;

  function apply(outputs: readonly Output[]): void {
    for (const output of outputs) act(output);
    rearm();
  }

  /** A wake-up that comes too early only sets the timer again. */
  function rearm(): void {
    const at = stopped ? null : machine.nextDeadline();
    if (at === null || (wake !== null && wake.at <= at)) return;
    wake?.cancel();
    wake = { at, cancel: clock.after(Math.max(0, at - clock.now()), onDue) };
  }

  function onDue(): void {
    wake = null;
    apply(machine.tick(clock.now()));
  }

  return {
    apply,
    stop() {
      stopped = true;
      wake?.cancel();
      wake = null;
    },
  };
}

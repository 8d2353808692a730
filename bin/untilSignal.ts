/** The signals of a whole process; only for bin/. */

export interface ProcessEnd {
  readonly signal: AbortSignal;
  onForce(act: () => void): void;
  /** Call it when the command has ended by itself. */
  done(): void;
}

/**
 * The first SIGTERM or SIGINT asks for an orderly end, and so does the loss of the terminal (SIGHUP) or of the
 * supervisor's channel. A second SIGTERM or SIGINT, or `forceAfterMs` without an end, forces it.
 */
export function untilSignal(forceAfterMs: number): ProcessEnd {
  const controller = new AbortController();
  // BOUNDED: by the parts of one command.
  const acts: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const force = (why: string): void => {
    for (const act of acts) act();
    process.stderr.write(`forkscope: ${why}: forced to end\n`);
    process.exit(1);
  };
  const ask = (why: string, forces: boolean): void => {
    if (controller.signal.aborted) {
      if (forces) force(`second signal ${why}`);
      return;
    }
    timer = setTimeout(() => force(`not finished ${forceAfterMs / 1_000} s after ${why}`), forceAfterMs);
    timer.unref();
    controller.abort(new Error(why));
  };
  const onTerm = (): void => ask('SIGTERM', true);
  const onInt = (): void => ask('SIGINT', true);
  // A terminal that closes, its shell and npm may each hang up.
  const onHangUp = (): void => ask('SIGHUP', false);
  const onLoss = (): void => ask('the loss of the supervisor', false);
  process.on('SIGTERM', onTerm).on('SIGINT', onInt).on('SIGHUP', onHangUp).on('disconnect', onLoss);
  // The channel alone must not keep the process alive.
  process.channel?.unref();
  return {
    signal: controller.signal,
    onForce: (act) => acts.push(act),
    done: () => {
      clearTimeout(timer);
      process.off('SIGTERM', onTerm).off('SIGINT', onInt).off('SIGHUP', onHangUp).off('disconnect', onLoss);
      if (process.connected) process.disconnect();
    },
  };
}

export interface RepeatOptions {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly ms: number;
  work(): void | Promise<void>;
  onFailure(error: unknown): void;
}

/** Does the work at once and then every `ms` until the signal aborts; a failure is reported and does not end it. */
export async function repeat(options: RepeatOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await options.work();
    } catch (error) {
      options.onFailure(error);
    }
    await options.sleep(options.ms, signal);
  }
}

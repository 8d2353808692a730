import type { ConfigDefinition, ConfigLayers } from '../../lib/configLayers.ts';

interface CommandFlag {
  readonly summary: string;
  /** What follows the flag, such as FILE; null = a switch. */
  readonly value: string | null;
}

/** A command of the command line. The modules that commandList.ts names export one each, and import what is heavy inside `run`. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What may follow the name besides flags, such as `FILE`; null = nothing. */
  readonly operands: string | null;
  /** The configuration it reads: each field becomes a flag. */
  readonly configs: Readonly<Record<string, ConfigDefinition>>;
  readonly flags: Readonly<Record<string, CommandFlag>>;
  /** Resolves to the exit code. 2 = wrong usage. */
  run(context: CommandContext): Promise<number>;
}

export interface CommandContext {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** The flags that come from `configs`. */
  readonly configFlags: NonNullable<ConfigLayers['flags']>;
  readonly operands: readonly string[];
  /** Aborts at the first SIGTERM or SIGINT, and when the supervising process is gone. */
  readonly signal: AbortSignal;
  /** Registers what to do if the process is forced to end. `act` must not wait. */
  onForce(act: () => void): void;
  stdout(text: string): void;
  stderr(text: string): void;
  /** True if `start` or `demo` runs this process. */
  readonly isSupervised: boolean;
  /** Tells the supervisor, if there is one, the URL at which this process answers. */
  announce(url: string): void;
  readonly version: string;
}

/** Wrong usage: exit code 2. */
export class UsageError extends Error {}

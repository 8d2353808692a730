import type { ConfigDefinition, ConfigLayers } from '../lib/configLayers.ts';

export interface CommandFlag {
  readonly summary: string;
  /** What follows it, such as FILE; null = a switch. */
  readonly value: string | null;
}

/** One word of the command line. Modules in commands/ export one each, and import what is heavy inside `run`. */
export interface Command {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  /** What may stand behind the name besides flags, such as `FILE`; null = nothing. */
  readonly operands: string | null;
  /** Configuration that it reads: each field becomes a flag. */
  readonly configs: Readonly<Record<string, ConfigDefinition>>;
  readonly flags: Readonly<Record<string, CommandFlag>>;
  /** Resolves to the exit code. 2 = the call was wrong. */
  run(context: CommandContext): Promise<number>;
}

export interface CommandContext {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** The flags that come from `configs`. */
  readonly configFlags: NonNullable<ConfigLayers['flags']>;
  readonly operands: readonly string[];
  /** Aborts at the first SIGTERM or SIGINT, and when the supervising process is gone. */
  readonly signal: AbortSignal;
  /** Registers what to do when the process is forced to end before it ended by itself. Must not wait. */
  onForce(act: () => void): void;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Tells the supervisor, where there is one, under which URL this process answers. */
  announce(url: string): void;
  readonly version: string;
}

/** Exit code of a call or a configuration that cannot work, however often it is tried. */
export const wrongCallCode = 2;

/** The call itself was wrong: exit code 2, with a hint at --help. */
export class UsageError extends Error {}

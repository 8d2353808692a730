import { parseArgs } from 'node:util';
import { nearestName } from '../lib/nearestName.ts';
import { namesIn } from '../lib/settingNames.ts';
import { type Command, UsageError } from './commands/command.ts';

export interface ParsedFlags {
  readonly flags: Record<string, string | boolean>;
  readonly configFlags: Record<string, string | boolean>;
  readonly operands: readonly string[];
  readonly help: boolean;
}

/** @throws UsageError for an unknown flag, or a flag without its value */
export function parseFlags(command: Command, args: readonly string[]): ParsedFlags {
  const configSwitches = new Map<string, boolean>();
  const lists = new Set<string>();
  // Old names are understood, but never suggested.
  const oldNames = new Set<string>();
  for (const definition of Object.values(command.configs)) {
    for (const [flag, { field, isOld }] of namesIn('flag', definition)) {
      const name = flag.slice(2);
      configSwitches.set(name, definition[field]?.isSwitch === true);
      if (definition[field]?.isList === true) lists.add(name);
      if (isOld) oldNames.add(name);
    }
  }
  const isSwitch = (name: string): boolean | undefined => {
    const own = Object.hasOwn(command.flags, name) ? command.flags[name] : undefined;
    return own === undefined ? configSwitches.get(name) : own.value === null;
  };
  const names = [...Object.keys(command.flags), ...configSwitches.keys()];
  const options = Object.fromEntries(
    names.map((name) => [name, { type: isSwitch(name) ? ('boolean' as const) : ('string' as const) }]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    strict: false,
    tokens: true,
  });
  const operands: string[] = [];
  const parsed: ParsedFlags & { help: boolean } = { flags: {}, configFlags: {}, operands, help: false };
  const set = (name: string, value: string | boolean): void => {
    Object.assign(Object.hasOwn(command.flags, name) ? parsed.flags : parsed.configFlags, { [name]: value });
  };
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, value, rawName } = token;
    const negated = name.startsWith('no-') ? name.slice(3) : null;
    if (name === 'help') parsed.help = true;
    else if (isSwitch(name) === true) {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value; use ${rawName} or --no-${name}`);
      set(name, true);
    } else if (isSwitch(name) === false) {
      if (value === undefined) throw new UsageError(`${rawName} needs a value`);
      const before = lists.has(name) ? parsed.configFlags[name] : undefined;
      set(name, before === undefined ? value : `${before},${value}`);
    } else if (negated !== null && isSwitch(negated) === true && value === undefined) set(negated, false);
    else
      throw new UsageError(
        `unknown flag ${rawName}${didYouMean(
          rawName,
          names.filter((known) => !oldNames.has(known)).map((known) => `--${known}`),
        )}`,
      );
  }
  if (!parsed.help && command.operands === null && operands[0] !== undefined) {
    throw new UsageError(`forkscope ${command.name} takes only flags, not "${operands[0]}"`);
  }
  return parsed;
}

export function didYouMean(given: string, known: readonly string[]): string {
  const near = nearestName(given, known);
  return near === null ? '' : `; did you mean ${near}?`;
}

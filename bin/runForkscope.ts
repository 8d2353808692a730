import { ForkscopeError, SettingsError } from '../lib/errors.ts';
import { commandLoaders } from './commandList.ts';
import { type Command, type CommandContext, UsageError } from './commands/command.ts';
import { didYouMean, parseFlags } from './parseFlags.ts';
import { renderCommandHelp, renderHelp } from './renderHelp.ts';
import { wrongCallCode } from './supervisor/exitCodes.ts';

export type Surroundings = Omit<CommandContext, 'flags' | 'configFlags' | 'operands'>;
type Loaders = Readonly<Record<string, () => Promise<Command>>>;

/** Runs one command line and returns its exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runForkscope(
  args: readonly string[],
  around: Surroundings,
  loaders: Loaders = commandLoaders,
): Promise<number> {
  try {
    return await dispatch(args, around, loaders);
  } catch (error) {
    const isWrongCall = error instanceof UsageError || error instanceof SettingsError;
    if (isWrongCall) around.stderr(`forkscope: ${error.message}\n`);
    else if (error instanceof ForkscopeError) around.stderr(`forkscope: ${error.message} [${error.code}]\n`);
    else around.stderr(`forkscope: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return isWrongCall ? wrongCallCode : 1;
  }
}

async function dispatch(args: readonly string[], around: Surroundings, loaders: Loaders): Promise<number> {
  const [first, ...rest] = args;
  if (first === '--version' || first === '-V') {
    around.stdout(`${around.version}\n`);
    return 0;
  }
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const asked = first === 'help' ? rest[0] : undefined;
    if (asked !== undefined) return dispatch([asked, '--help'], around, loaders);
    const text = renderHelp(await Promise.all(Object.values(loaders).map((load) => load())));
    (first === undefined ? around.stderr : around.stdout)(text);
    return first === undefined ? 2 : 0;
  }
  const load = Object.hasOwn(loaders, first) ? loaders[first] : undefined;
  if (load === undefined) {
    const kind = first.startsWith('-') ? 'flag' : 'command';
    throw new UsageError(`unknown ${kind} ${first}${didYouMean(first, Object.keys(loaders))}; see forkscope --help`);
  }
  const command = await load();
  const parsed = parseFlags(command, rest);
  if (parsed.help) {
    around.stdout(renderCommandHelp(command));
    return 0;
  }
  return command.run({ ...around, ...parsed });
}

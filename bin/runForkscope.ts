import { ForkscopeError } from '../lib/errors.ts';
import { faultOf } from '../sql/serverFault.ts';
import { commandLoaders } from './commandList.ts';
import { type Command, type CommandContext, UsageError } from './commands/command.ts';
import { didYouMean, parseFlags } from './parseFlags.ts';
import { renderCommandHelp, renderHelp } from './renderHelp.ts';
import { checkFileLimit, fileNeeds } from './supervisor/checkFileLimit.ts';
import { isWrongCall, tellUnknown, wrongCallCode } from './supervisor/exitCodes.ts';

export type Surroundings = Omit<CommandContext, 'flags' | 'configFlags' | 'operands'>;
type Loaders = Readonly<Record<string, () => Promise<Command>>>;

/** Runs one command line and returns its exit code: 0 done, 1 failed, 2 cannot work as it is called or configured. */
export async function runForkscope(
  args: readonly string[],
  around: Surroundings,
  loaders: Loaders = commandLoaders,
): Promise<number> {
  try {
    return await dispatch(args, around, loaders);
  } catch (error) {
    const wrong = error instanceof UsageError || isWrongCall(error) || faultOf(error)?.at === 'wrong';
    around.stderr(`forkscope: ${tell(error)}\n`);
    return wrong ? wrongCallCode : 1;
  }
}

function tell(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof ForkscopeError) return isWrongCall(error) ? error.message : `${error.message} [${error.code}]`;
  const fault = faultOf(error);
  return fault === null ? tellUnknown(error) : `the database server ${fault.text}`;
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
  checkFileLimit(fileNeeds.process);
  const command = await load();
  const parsed = parseFlags(command, rest);
  if (parsed.help) {
    around.stdout(renderCommandHelp(command));
    return 0;
  }
  return command.run({ ...around, ...parsed });
}

import { describeConfig } from '../lib/describeConfig.ts';
import type { Command } from './commands/command.ts';

export function renderHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return `Forkscope watches the nodes of Ethereum-family networks.

usage: forkscope COMMAND [FLAGS]

${lines.join('\n')}

  forkscope COMMAND --help   show the flags of a command
  forkscope --version
`;
}

export function renderCommandHelp(command: Command): string {
  const own = Object.entries(command.flags).map(([name, flag]) => ({
    left: `--${name}${flag.value === null ? '' : ` ${flag.value}`}`,
    right: [flag.summary],
  }));
  const rows = describeConfig(command.configs);
  const config = rows
    .filter((row) => row.flag !== null)
    .map((row) => ({
      left: row.isSwitch ? `${row.flag}, --no-${row.flag?.slice(2)}` : `${row.flag} VALUE`,
      right: [
        row.summary,
        `${row.isSwitch ? '' : `${row.expects}${row.unit === null ? '' : ` (${row.unit})`}; `}default ${row.defaultText || 'none'}; ${row.env}`,
      ],
    }));
  const secrets = rows.filter((row) => row.flag === null && row.env !== null);
  const usage = `usage: forkscope ${command.name}${command.operands === null ? '' : ` ${command.operands}`} [FLAGS]`;
  return [
    command.summary,
    usage,
    section('Flags', own),
    section('Settings (also in forkscope.json and the environment; see docs/CONFIG.md)', config),
    section(
      'Environment only',
      secrets.map((row) => ({ left: row.env ?? '', right: [row.summary] })),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function section(title: string, rows: readonly { readonly left: string; readonly right: readonly string[] }[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ left, right }) => `  ${left}\n${right.map((line) => `      ${line}`).join('\n')}`);
  return `${title}:\n${lines.join('\n')}`;
}

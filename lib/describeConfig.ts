/** Documents generated from the definitions, so that they are never out of date: .env.example and docs/CONFIG.md. */
import type { ConfigField, Layer } from './configFields.ts';
import type { ConfigDefinition } from './configLayers.ts';
import { nameIn } from './settingNames.ts';

export interface ConfigRow {
  readonly key: string | null;
  readonly env: string | null;
  readonly flag: string | null;
  readonly expects: string;
  readonly defaultText: string | null;
  readonly unit: string | null;
  readonly summary: string;
  readonly secret: boolean;
  readonly isSwitch: boolean;
  /** Each name from the previous version, as it is written in each layer. */
  readonly oldNames: readonly (readonly string[])[];
  /** Names of the definitions that read it. */
  readonly usedBy: readonly string[];
}

export function describeConfig(definitions: Readonly<Record<string, ConfigDefinition>>): readonly ConfigRow[] {
  const rows = new Map<string, ConfigRow>();
  for (const [owner, definition] of Object.entries(definitions)) {
    for (const [name, field] of Object.entries(definition)) {
      const usedBy = [...(rows.get(name)?.usedBy ?? []), owner];
      rows.set(name, { ...describeField(name, field), usedBy });
    }
  }
  return [...rows.values()];
}

function describeField(name: string, field: ConfigField<unknown>): Omit<ConfigRow, 'usedBy'> {
  const { expects, defaultText, unit, summary, secret, isSwitch } = field;
  const spell = (layer: Layer): string | null => (field.layers.includes(layer) ? nameIn(layer, name, field) : null);
  const oldNames = field.formerly.map((old) => field.layers.map((layer) => nameIn(layer, old, undefined)));
  return {
    ...{ key: spell('file'), env: spell('environment'), flag: spell('flag') },
    ...{ expects, defaultText, unit, summary, secret, isSwitch, oldNames },
  };
}

export function renderEnvExample(rows: readonly ConfigRow[]): string {
  const blocks = rows
    .filter((row) => row.env !== null)
    .map((row) => {
      const value = row.defaultText !== null && !/\s/.test(row.defaultText) ? row.defaultText : '';
      return `# ${row.summary}\n# ${capitalise(row.expects)}${unitOf(row)}. Default: ${row.defaultText || 'none'}.\n#${row.env}=${value}\n`;
    });
  return `# Every setting with its default. Generated from the definitions by: npm run docs\n\n${blocks.join('\n')}`;
}

export function renderConfigDocs(rows: readonly ConfigRow[]): string {
  const table = rows.map((row) =>
    [
      row.summary,
      row.key,
      row.env,
      row.flag,
      `${row.expects}${unitOf(row)}`,
      row.defaultText || 'none',
      row.usedBy.join(', '),
    ]
      .map((cell, index) =>
        (index >= 1 && index <= 3 ? (cell === null ? '–' : `\`${cell}\``) : (cell ?? '')).replaceAll('|', '\\|'),
      )
      .join(' | '),
  );
  return `# Configuration

Generated from the definitions in the config.ts of crawler/, consortium/ and api/ by \`npm run docs\`.

There are three layers, and later ones win: \`forkscope.json\` (or the file that \`--config\` names), the environment, flags.
All mistakes in all layers are reported at once, each with its place and what to give instead. An unknown name is a mistake.
Durations have a unit: \`30s\`, \`24h\`, \`1h30m\`. Lists are JSON arrays in the file and are separated by commas elsewhere.
In the file a name may also be written in parts: \`{"census": {"interval": "10m"}}\` sets \`censusInterval\`.
Secrets are never printed. They are not accepted as flags, because other users of the machine can read the command line.

what | file | environment | flag | value | default | read by
--- | --- | --- | --- | --- | --- | ---
${table.join('\n')}
${renderOldNames(rows)}`;
}

function renderOldNames(rows: readonly ConfigRow[]): string {
  const table = rows.flatMap((row) =>
    row.oldNames.map((names) => {
      const now = [row.key, row.env, row.flag].filter((name) => name !== null);
      return [names, now].map((spelt) => spelt.map((name) => `\`${name}\``).join(', ')).join(' | ');
    }),
  );
  if (table.length === 0) return '';
  return `
## Old names

These names still work in this version, with a warning in the log. They will not work in the next one. If a setting has
both names in the same layer, the new name wins. A higher layer wins whichever name it uses.

old name | new name
--- | ---
${table.join('\n')}
`;
}

function unitOf(row: ConfigRow): string {
  return row.unit === null ? '' : ` (${row.unit})`;
}

function capitalise(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

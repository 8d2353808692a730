import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../lib/packageRoot.ts';
import { seriesSlots } from './theme.ts';

const tokens = readTokens();
const modes = ['light', 'dark'] as const;
type Mode = (typeof modes)[number];

/** Every token of the style sheet, resolved to hex for both themes. */
function readTokens(): ReadonlyMap<string, Readonly<Record<Mode, string>>> {
  const text = readFileSync(join(packageRoot, 'web/styles/tokens.css'), 'utf8');
  const found = new Map<string, Record<Mode, string>>();
  const resolve = (value: string, mode: Mode): string => /^var\((--[\w-]+)\)$/.exec(value)?.[1] ?? (mode && value);
  for (const [, name = '', value = ''] of text.matchAll(/(--[\w-]+):\s*([^;]+);/g)) {
    const pair = /^light-dark\((.+?),\s*(.+)\)$/.exec(value.trim());
    const light = resolve((pair?.[1] ?? value).trim(), 'light');
    const dark = resolve((pair?.[2] ?? value).trim(), 'dark');
    found.set(name, { light: found.get(light)?.light ?? light, dark: found.get(dark)?.dark ?? dark });
  }
  return found;
}

function colour(token: string, mode: Mode): readonly [number, number, number] {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/.exec(tokens.get(token)?.[mode] ?? '');
  assert.ok(hex, `${token} is no colour in ${mode}`);
  const linear = (part: string | undefined): number => {
    const value = Number.parseInt(part ?? '', 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [linear(hex[1]), linear(hex[2]), linear(hex[3])];
}

type Linear = readonly [number, number, number];
const luminance = ([r, g, b]: Linear): number => 0.2126 * r + 0.7152 * g + 0.0722 * b;

/** WCAG 2.2 contrast ratio. */
function contrast(one: Linear, other: Linear): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

// Machado, Oliveira, Fernandes 2009: full severity, on linear RGB.
const sights: Readonly<Record<string, readonly number[]>> = {
  normal: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

function seen(matrix: readonly number[], [r, g, b]: Linear): Linear {
  const row = (at: number): number =>
    Math.min(1, Math.max(0, (matrix[at] ?? 0) * r + (matrix[at + 1] ?? 0) * g + (matrix[at + 2] ?? 0) * b));
  return [row(0), row(3), row(6)];
}

/** Ottosson's OKLab: equal distances look about equally different. */
function oklab([r, g, b]: Linear): Linear {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

const slots = Array.from({ length: seriesSlots }, (_, index) => `--series-${index + 1}`);

for (const mode of modes) {
  test(`${mode}: every series stands out 3:1 from the surface`, () => {
    for (const slot of slots) {
      const ratio = contrast(colour(slot, mode), colour('--surface', mode));
      assert.ok(ratio >= 3, `${slot} ${ratio.toFixed(2)}`);
    }
  });

  test(`${mode}: any two series differ, however one sees colours`, () => {
    for (const [sight, matrix] of Object.entries(sights)) {
      // Blue-yellow blindness is rarer by a factor of a thousand than red-green; it gets half the distance.
      const least = sight === 'tritanopia' ? 0.05 : 0.1;
      const labs = slots.map((slot) => oklab(seen(matrix, colour(slot, mode))));
      for (const [i, one] of labs.entries()) {
        for (const [j, other] of labs.slice(0, i).entries()) {
          const distance = Math.hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
          assert.ok(distance >= least, `${sight}: ${slots[i]} and ${slots[j]} ${distance.toFixed(3)}`);
        }
      }
    }
  });

  test(`${mode}: text reads 4.5:1 on every surface it stands on`, () => {
    for (const ink of ['--ink', '--ink-soft', '--ink-faint', '--accent', '--accent-strong']) {
      for (const under of ['--surface', '--page', '--surface-hover']) {
        const ratio = contrast(colour(ink, mode), colour(under, mode));
        assert.ok(ratio >= 4.5, `${ink} on ${under} ${ratio.toFixed(2)}`);
      }
    }
    for (const tone of ['good', 'warn', 'bad', 'info']) {
      const ratio = contrast(colour(`--${tone}-ink`, mode), colour(`--${tone}-fill`, mode));
      assert.ok(ratio >= 4.5, `${tone} ${ratio.toFixed(2)}`);
    }
  });
}

test('colours stand in tokens.css and nowhere else', () => {
  const folder = join(packageRoot, 'web');
  const offenders = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(css|tsx?)$/.test(path) && !/(^dist|\.test\.|styles\/tokens\.css|public)/.test(path))
    .filter((path) => /#[0-9a-f]{6}\b|\brgba?\(\d|\bhsla?\(|\boklch\(/i.test(readFileSync(join(folder, path), 'utf8')));
  assert.deepEqual(offenders, []);
});

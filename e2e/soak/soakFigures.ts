/** One look at what grows, or must not. */
export interface SoakSample {
  /** Since the start, hours. */
  readonly hours: number;
  /** By the name of what is measured. */
  readonly values: Readonly<Record<string, number>>;
}

/** Least squares, per hour, of the samples after the warm-up; 0 where there are not two. Pure. */
export function slopeOf(samples: readonly SoakSample[], name: string, warmUpHours: number): number {
  const points = samples.flatMap(({ hours, values }) => {
    const value = values[name];
    return hours < warmUpHours || value === undefined ? [] : [{ hours, value }];
  });
  if (points.length < 2) return 0;
  const mean = (read: (point: (typeof points)[number]) => number): number =>
    points.reduce((sum, point) => sum + read(point), 0) / points.length;
  const [middle, level] = [mean(({ hours }) => hours), mean(({ value }) => value)];
  const spread = points.reduce((sum, { hours }) => sum + (hours - middle) ** 2, 0);
  return spread === 0
    ? 0
    : points.reduce((sum, { hours, value }) => sum + (hours - middle) * (value - level), 0) / spread;
}

const [width, height, gap] = [720, 90, 44];

/** A panel for each value, its slope beside its name, as SVG. Pure. */
export function soakPicture(samples: readonly SoakSample[], warmUpHours: number): string {
  const names = Object.keys(samples.at(-1)?.values ?? {});
  const panels = names.map((name, index) => {
    const points = samples.flatMap(({ hours, values }) =>
      values[name] === undefined ? [] : [{ hours, value: values[name] }],
    );
    const most = Math.max(...points.map(({ value }) => value), 1);
    const last = Math.max(...points.map(({ hours }) => hours), 1e-9);
    const line = points.map(
      ({ hours, value }) => `${((hours / last) * width).toFixed(1)},${(height - (value / most) * height).toFixed(1)}`,
    );
    const slope = slopeOf(samples, name, warmUpHours);
    const said = `${name}: ${show(points.at(-1)?.value ?? 0)}, ${slope < 0 ? '' : '+'}${show(slope)} an hour`;
    return `<g transform="translate(10 ${index * (height + gap) + 26})"><text y="-8" font-size="13">${said}</text><rect width="${width}" height="${height}" fill="none" stroke="#bbb"/><polyline points="${line.join(' ')}" fill="none" stroke="#1f6feb" stroke-width="1.5"/></g>`;
  });
  const tall = names.length * (height + gap) + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width + 20}" height="${tall}" font-family="sans-serif">${panels.join('')}</svg>\n`;
}

function show(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toFixed(2);
}

import type { Language } from './message.ts';

/** How numbers and lengths of time are written, in the language of the page. */
export interface Numbers {
  /** 1234567 -> `1,234,567`. Takes decimal text too, for unsigned 64-bit integers. */
  count(value: number | bigint | string): string;
  /** 12345 -> `12.3k`, for axes and small places. */
  short(value: number): string;
  /** Part of a whole; `–` where there is no whole. Small parts never read as none. */
  share(part: number, whole: number): string;
  /** The same for a share from 0 to 1. */
  fraction(share: number): string;
  /** Signed change in percent, `+2.0%`; `–` where it started at nothing. */
  change(from: number, to: number): string;
  /** `12 s`, `3 min`, `5 h`, `9 d`: the largest unit that gives at least 2, rounded down. 119 s stays `119 s`. */
  duration(seconds: number): string;
  /** `3.4 s`, for what is over so soon that tenths matter. */
  seconds(value: number): string;
}

interface DurationUnits {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly day: string;
}

const durationUnits: Readonly<Record<Language, DurationUnits>> = {
  en: { second: 's', minute: 'min', hour: 'h', day: 'd' },
  'zh-CN': { second: '秒', minute: '分钟', hour: '小时', day: '天' },
};

export function createNumbers(language: Language): Numbers {
  const plain = new Intl.NumberFormat(language, { maximumFractionDigits: 1, signDisplay: 'negative' });
  const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const share = (part: number, whole: number): string => {
    if (whole <= 0) return '–';
    const percent = (part / whole) * 100;
    if (part > 0 && percent < 0.1) return `<${tenths.format(0.1)}%`;
    if (part < whole && percent > 99.9) return `>${tenths.format(99.9)}%`;
    return `${tenths.format(percent)}%`;
  };
  const units = durationUnits[language];
  return {
    count: (value) => plain.format(typeof value === 'string' ? BigInt(value) : value),
    short: (value) => {
      const size = Math.abs(value);
      if (size < 1_000) return plain.format(value);
      const [unit, suffix] = size < 999_950 ? [1_000, 'k'] : [1_000_000, 'M'];
      const scaled = value / unit;
      return `${plain.format(Math.abs(scaled) < 99.95 ? scaled : Math.round(scaled))}${suffix}`;
    },
    share,
    fraction: (part) => share(part, 1),
    change: (from, to) => {
      if (from <= 0) return '–';
      const percent = ((to - from) / from) * 100;
      const text = tenths.format(Math.abs(percent));
      if (text === tenths.format(0)) return `±${text}%`;
      return `${percent > 0 ? '+' : '−'}${text}%`;
    },
    duration: (seconds) => {
      const whole = Math.max(0, Math.floor(seconds));
      if (whole < 120) return `${whole} ${units.second}`;
      if (whole < 7_200) return `${Math.floor(whole / 60)} ${units.minute}`;
      if (whole < 172_800) return `${Math.floor(whole / 3_600)} ${units.hour}`;
      return `${plain.format(Math.floor(whole / 86_400))} ${units.day}`;
    },
    seconds: (value) => `${tenths.format(value)} ${units.second}`,
  };
}

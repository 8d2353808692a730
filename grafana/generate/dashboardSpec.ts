/** The content of a dashboard, independent of Grafana's format. */

/** One line of a panel. In `legend`, `{{label}}` stands for the value of that label. */
export interface QuerySpec {
  readonly expr: string;
  readonly legend: string;
  /** For a table's column, if it differs from the panel's. */
  readonly unit?: string;
  /** Why a healthy crawl of one network may give no series here; without it, data is expected. */
  readonly emptyWhen?: string;
}

/** How a panel shows its queries. */
type PanelKind =
  /** The newest value, large. */
  | 'stat'
  /** The newest value is a label: shown as text. */
  | 'label'
  | 'lines'
  /** Lines that add up. */
  | 'stack'
  /** One band per series, coloured by value. */
  | 'states'
  /** One row per label set, one column per query. */
  | 'table';

export interface Threshold {
  /** From this value on; null = from the lowest. */
  readonly from: number | null;
  readonly color: 'green' | 'yellow' | 'orange' | 'red' | 'blue' | 'text';
}

export interface PanelSpec {
  readonly kind: PanelKind;
  readonly title: string;
  /** What the number is, and what to do about it: shown at the panel's ⓘ. */
  readonly about: string;
  /** Of 24 columns. */
  readonly width: number;
  readonly height?: number;
  /** A Grafana unit: `short`, `s`, `bytes`, `percentunit`, `cps` and so on. */
  readonly unit: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly queries: readonly QuerySpec[];
  readonly thresholds?: readonly Threshold[];
  /** Text shown instead of a value. */
  readonly texts?: Readonly<Record<string, { readonly text: string; readonly color: Threshold['color'] }>>;
  /** Shown if there is no series. */
  readonly noValue?: string;
}

export interface VariableSpec {
  readonly name: string;
  readonly label: string;
  /** Values of `of` among the series of `metric`. */
  readonly metric: string;
  readonly of: string;
  /** Only values that match it. */
  readonly regex?: string;
  /** `one` value, or any number of them with All as the default. */
  readonly choice: 'one' | 'many';
}

/** A mark on every chart: a line whenever `expr` gives a value, or at the times given by its values. */
export interface MarkSpec {
  readonly name: string;
  readonly expr: string;
  readonly title: string;
  readonly color: 'green' | 'orange' | 'red' | 'blue';
  /** Values are ms since the epoch. */
  readonly atValue?: boolean;
}

export interface DashboardSpec {
  /** Never changes, because links and bookmarks contain it. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly from: string;
  readonly variables: readonly VariableSpec[];
  readonly marks: readonly MarkSpec[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[];
}

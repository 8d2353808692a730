/** What a dashboard says, without how Grafana writes it down. */

/** One line of a panel. In `legend`, `{{label}}` stands for the value of that label. */
export interface QuerySpec {
  readonly expr: string;
  readonly legend: string;
  /** Of a table's column, where it is not the panel's. */
  readonly unit?: string;
  /** Why a healthy crawl of one network may give no series here; without it, data is expected. */
  readonly emptyWhen?: string;
}

/** How a panel shows its queries. */
export type PanelKind =
  /** The newest value, large. */
  | 'stat'
  /** The newest value is a label: shown as text. */
  | 'label'
  | 'lines'
  /** Lines that add up. */
  | 'stack'
  /** A band a series, coloured by value. */
  | 'states'
  /** One row a label set, a column a query. */
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
  /** A unit of Grafana's: `short`, `s`, `bytes`, `percentunit`, `cps` and so on. */
  readonly unit: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly queries: readonly QuerySpec[];
  readonly thresholds?: readonly Threshold[];
  /** Text in place of a value. */
  readonly texts?: Readonly<Record<string, { readonly text: string; readonly color: Threshold['color'] }>>;
  /** Shown where there is no series. */
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

/** A mark on every chart: a line at each time that `expr` gives a value, or at the times that its values tell. */
export interface MarkSpec {
  readonly name: string;
  readonly expr: string;
  readonly title: string;
  readonly color: 'green' | 'orange' | 'red' | 'blue';
  /** Values are ms since the epoch. */
  readonly atValue?: boolean;
}

export interface DashboardSpec {
  /** Never changes: links and bookmarks hold it. */
  readonly uid: string;
  readonly title: string;
  readonly about: string;
  readonly from: string;
  readonly variables: readonly VariableSpec[];
  readonly marks: readonly MarkSpec[];
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelSpec[] }[];
}

export interface Series {
  label: string;
  /** One per time; null is a gap. */
  values: readonly (number | null)[];
  /** A colour token without its prefix: "accent", "danger", "family-qwen". */
  color: string;
  dash?: readonly number[];
  /** Filled down to zero: for amounts, not for levels. */
  fill?: boolean;
  /** One bar a time: for sums of a day. */
  bars?: boolean;
  format: (value: number) => string;
  /** Comes in whole units (calls, ms): the axis has no fractions of them. */
  whole?: boolean;
}

export interface ChartData {
  /** Seconds since 1970, rising. */
  times: readonly number[];
  series: readonly Series[];
  /** How one of the times is said; default in full. */
  timeText?: (ms: number) => string;
}

import type UPlot from "uplot";
import type { Format } from "@/i18n";
import type { Series } from "./chartData";

interface Input {
  width: number;
  height: number;
  series: readonly Series[];
  format: Format;
  /** Makes what draws bars. */
  bars: () => UPlot.Series.PathBuilder | undefined;
  color: (token: string) => string;
  onHover: (hover: { index: number; left: number } | undefined) => void;
  onZoom: (from: number, to: number) => void;
}

const axisFont = '11px "Inter Variable", sans-serif';
const day = 86_400;
/** 1, 2, 5, 10, … */
const wholeSteps = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power)).flat();
const flat = (data: UPlot.AlignedData) => data.slice(1).every((values) => Array.from(values ?? []).every((value) => !value));

export function plotOptions({ width, height, series, format, bars, color, onHover, onZoom }: Input): UPlot.Options {
  const grid = { stroke: color("line"), width: 1 };
  const first = series[0];
  return {
    width,
    height,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: true, ...(series.some((s) => s.bars) ? { range: withHalfSteps } : {}) },
      // Amounts and durations start at zero, or a small change looks like a large one.
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      {
        stroke: color("faint"),
        font: axisFont,
        grid: { show: false },
        ticks: { show: false },
        size: 24,
        space: 70,
        values: (_, splits) => splits.map((at) => ((splits.at(-1) ?? 0) - (splits[0] ?? 0) > 2 * day ? format.day(at * 1000) : format.time(at * 1000))),
      },
      {
        stroke: color("faint"),
        font: axisFont,
        grid,
        ticks: { show: false },
        size: 64,
        space: 36,
        // Without an amount there is no scale to read: only zero is true.
        values: (u, splits) => splits.map((value) => (value !== 0 && flat(u.data) ? "" : (first?.format(value) ?? String(value)))),
        ...(first?.whole ? { incrs: [...wholeSteps] } : {}),
      },
    ],
    series: [
      {},
      ...series.map((s) => ({
        label: s.label,
        stroke: color(s.color),
        width: 1.5,
        spanGaps: false,
        ...barsOf(s, bars),
        // A line needs two points: one between gaps is a dot, or it would not be seen.
        points: s.bars ? { show: false } : { show: true, size: 4, width: 0, fill: color(s.color), filter: (u: UPlot, index: number) => alone(u.data[index]) },
        ...(s.dash ? { dash: [...s.dash] } : {}),
        ...(s.fill ? { fill: `color-mix(in oklch, ${color(s.color)} ${s.bars ? 55 : 12}%, transparent)` } : {}),
      })),
    ],
    hooks: {
      setCursor: [(u) => onHover(u.cursor.idx === null || u.cursor.idx === undefined ? undefined : { index: u.cursor.idx, left: (u.cursor.left ?? 0) + u.bbox.left / devicePixelRatio })],
      setSelect: [
        (u) => {
          if (u.select.width < 8) return;
          onZoom(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Room for half a bar at both ends. */
function withHalfSteps(plot: UPlot, min: number, max: number): [number, number] {
  const count = plot.data[0]?.length ?? 0;
  const half = count > 1 ? (max - min) / (count - 1) / 2 : day / 2;
  return [min - half, max + half];
}

function barsOf(series: Series, make: Input["bars"]): { paths?: UPlot.Series.PathBuilder } {
  const paths = series.bars ? make() : undefined;
  return paths ? { paths } : {};
}

/** Indices of values that have a gap on both sides. */
export function alone(values: ArrayLike<number | null | undefined> | undefined): number[] {
  const found: number[] = [];
  const gap = (index: number) => values?.[index] === null || values?.[index] === undefined;
  for (let index = 0; index < (values?.length ?? 0); index++) {
    if (!gap(index) && gap(index - 1) && gap(index + 1)) found.push(index);
  }
  return found;
}

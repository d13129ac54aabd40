import { useEffect, useRef, useState } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useFormat } from "@/i18n";
import type { ChartData } from "./chartData";
import { plotOptions } from "./plotOptions";

interface Props extends ChartData {
  height: number;
  label: string;
  onZoom?: (from: number, to: number) => void;
}

interface Hover {
  index: number;
  left: number;
}

/** uPlot in React: made once per shape, fed on every change. */
export default function Plot({ times, series, timeText, height, label, onZoom }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const format = useFormat();
  const [hover, setHover] = useState<Hover>();
  const [theme, setTheme] = useState(document.documentElement.dataset["theme"]);
  const zoom = useRef(onZoom);
  const latest = useRef({ times, series });
  const shape = series.map((s) => `${s.label}|${s.color}`).join();

  useEffect(() => {
    zoom.current = onZoom;
    latest.current = { times, series };
  });
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(document.documentElement.dataset["theme"]));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const options = plotOptions({
      width: element.clientWidth,
      height,
      series: latest.current.series,
      format,
      bars: () => UPlot.paths.bars?.({ size: [0.72, 48], radius: 0.12 }),
      color: (token) => getComputedStyle(element).getPropertyValue(`--color-${token}`),
      onHover: setHover,
      onZoom: (from, to) => zoom.current?.(from, to),
    });
    const made = new UPlot(options, dataOf(latest.current), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [height, shape, theme, format]);
  useEffect(() => plot.current?.setData(dataOf({ times, series })), [times, series]);

  const at = hover && times[hover.index];
  return (
    <div ref={box} role="img" aria-label={label} className="relative h-full w-full">
      {hover && at !== undefined && (
        <div
          style={hover.left > 260 ? { right: `calc(100% - ${hover.left - 12}px)` } : { left: hover.left + 12 }}
          className="num pointer-events-none absolute top-1 z-10 rounded-md bg-overlay px-2.5 py-1.5 text-xs whitespace-nowrap shadow-float"
        >
          <div className="text-muted">{(timeText ?? format.full)(at * 1000)}</div>
          {series.map((s) => {
            const value = s.values[hover.index];
            return (
              <div key={s.label} className="flex items-center gap-2">
                <span className="size-1.5 rounded-full" style={{ background: `var(--color-${s.color})` }} />
                <span className="flex-1 text-muted">{s.label}</span>
                <span className="font-medium">{value === null || value === undefined ? "–" : s.format(value)}</span>
              </div>
            );
          })}
        </div>
      )}
    </div>
  );
}

function dataOf({ times, series }: ChartData): UPlot.AlignedData {
  return [[...times], ...series.map((s) => [...s.values])];
}

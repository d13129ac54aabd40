import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Activity, ZoomOut } from "lucide-react";
import { useMemo } from "react";
import { dashboardQuery, problemOf, type Dashboard, type Range } from "@/api";
import { useCan } from "@/app/me";
import { useUrlState } from "@/app/useUrlState";
import { useFormat, useT } from "@/i18n";
import { Button, EmptyState, Page, Segmented, useMedia, View } from "@/ui";
import { Charts } from "./Charts";
import { DashboardSkeleton } from "./DashboardSkeleton";
import { Figures } from "./Figures";
import { ModelTraffic } from "./ModelTraffic";
import { pointsIn, spanOf, spanText, type Span } from "./zoom";

const ranges: readonly Range[] = ["1h", "24h", "7d", "30d"];
/** Hints move the page while calls run; this lets the window slide while none do. ms */
const slide = 30_000;

/** The traffic of a range, moving while calls run. */
export function DashboardPage() {
  const t = useT();
  const [rawRange, setRange] = useUrlState("range");
  const [rawZoom, setZoom] = useUrlState("zoom");
  const range = ranges.find((one) => one === rawRange) ?? "1h";
  const phone = useMedia("(max-width: 559px)");
  const span = useMemo(() => spanOf(rawZoom), [rawZoom]);
  const traffic = useQuery({ ...dashboardQuery(range), refetchInterval: slide });
  const choose = (next: Range) => {
    setZoom(undefined);
    setRange(next === "1h" ? undefined : next);
  };
  return (
    <Page
      title={t("dashboard.title")}
      actions={<Segmented label={t("dashboard.range")} value={range} onChange={choose} options={ranges.map((value) => ({ value, label: phone ? t(`dashboard.rangesShort.${value}`) : t(`dashboard.ranges.${value}`) }))} />}
    >
      <View query={traffic} problem={traffic.error ? problemOf(traffic.error) : undefined} skeleton={<DashboardSkeleton />}>
        {(data) => <Traffic data={data} range={range} span={span} setZoom={setZoom} />}
      </View>
    </Page>
  );
}

function Traffic({ data, range, span, setZoom }: { data: Dashboard; range: Range; span: Span | undefined; setZoom: (zoom: string | undefined) => void }) {
  const t = useT();
  const points = useMemo(() => pointsIn(data.points, span), [data.points, span]);
  return (
    <div className="mx-auto flex max-w-[1320px] flex-col gap-7">
      <Figures data={data} />
      {data.calls === 0 && data.running === 0 ? (
        <EmptyState icon={<Activity size={20} aria-hidden />} title={t("dashboard.quiet")}>{t("dashboard.quietText")}</EmptyState>
      ) : (
        <>
          <div className="flex flex-col gap-3">
            {span && <ZoomBar span={span} onOut={() => setZoom(undefined)} />}
            <Charts points={points} onZoom={(from, to) => setZoom(spanText(from, to))} />
          </div>
          {data.models.length > 0 && <ModelTraffic data={data} range={range} />}
        </>
      )}
    </div>
  );
}

/** Which part of the range the charts show, and the way to its calls. */
function ZoomBar({ span, onOut }: { span: Span; onOut: () => void }) {
  const t = useT();
  const format = useFormat();
  const logs = useCan("logs.read");
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 text-sm">
      <span className="num text-muted">{t("dashboard.zoomed", { from: format.full(span.from * 1000), to: format.full(span.to * 1000) })}</span>
      <Button size="sm" icon={<ZoomOut size={13} aria-hidden />} onClick={onOut}>
        {t("dashboard.zoomOut")}
      </Button>
      {logs && (
        <Link to={"/logs" as never} search={{ from: iso(span.from), to: iso(span.to) } as never} className="rounded-sm font-medium text-accent-text hover:underline">
          {t("dashboard.seeCalls")}
        </Link>
      )}
    </div>
  );
}

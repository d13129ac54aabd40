import { useRef, useState } from "react";
import { exportLogs, problemOf, type LogFilter, type LogFormat } from "@/api";
import { useT } from "@/i18n";
import { saveFile, useToasts } from "@/ui";

const types: Record<LogFormat, string> = { csv: "text/csv;charset=utf-8", ndjson: "application/x-ndjson" };

/** Calls as a file: how far it is, a way to call it off, and the file only when it is whole. */
export function useExport(filter: LogFilter) {
  const t = useT();
  const toasts = useToasts();
  const end = useRef<AbortController>(undefined);
  const [lines, setLines] = useState<number>();
  const start = async (format: LogFormat) => {
    const mine = new AbortController();
    end.current?.abort();
    end.current = mine;
    setLines(0);
    try {
      const parts = await exportLogs(filter, format, { signal: mine.signal, onProgress: (progress) => setLines(progress.lines) });
      await saveFile(`nexusai-calls-${new Date().toISOString().slice(0, 10)}.${format}`, parts, types[format]);
      toasts.show({ tone: "ok", title: t("logs.exported") });
    } catch (error) {
      if (!mine.signal.aborted) toasts.problem(problemOf(error));
    } finally {
      if (end.current === mine) setLines(undefined);
    }
  };
  return { lines, start: (format: LogFormat) => void start(format), cancel: () => end.current?.abort() };
}

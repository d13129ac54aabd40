// The desktop's pages: the native window, and the same pages in browser mode.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { DesktopGate } from "@/app/desktop/DesktopGate";
import { enter } from "@/app/desktop/enter";
import { startLocale } from "@/app/locale";
import { Providers } from "@/app/Providers";
import { fetchValues, hostMemory, takeValues } from "@/app/desktop/hostMemory";
import { desktopRouter } from "@/app/desktop/router";
import { createQueryClient } from "@/app/queryClient";
import { startTheme } from "@/app/theme";
import { startI18n } from "@/i18n";
import { sseStream, wailsStream } from "@/stream";
import { rememberWith } from "@/ui";

async function main(root: HTMLElement): Promise<void> {
  const brought = takeValues();
  const entry = await enter();
  const memory = hostMemory(brought ?? (entry === "in" ? await fetchValues() : {}));
  rememberWith(memory);
  window.addEventListener("pagehide", memory.flush);
  startTheme();
  await startI18n(startLocale());
  // With its matches known, the first drawing is the whole view.
  if (entry === "in") await desktopRouter.load();
  const stream = window.runtime ? wailsStream(window.runtime) : sseStream();
  createRoot(root).render(
    <StrictMode>
      <Providers client={createQueryClient()}>
        <DesktopGate entry={entry} stream={stream} />
      </Providers>
    </StrictMode>,
  );
}

const root = document.getElementById("root");
if (root) void main(root);

// The administrators' shell: /console in any browser.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { configureApi, cookieAuth, refreshCookie } from "@/api";
import { ConsoleGate } from "@/app/console/ConsoleGate";
import { takeLink } from "@/app/fragment";
import { startLocale } from "@/app/locale";
import { Providers } from "@/app/Providers";
import { createQueryClient } from "@/app/queryClient";
import { startTheme } from "@/app/theme";
import { startI18n } from "@/i18n";
import "@/styles/index.css";

async function main(root: HTMLElement): Promise<void> {
  startTheme();
  const link = takeLink();
  configureApi({ auth: cookieAuth(refreshCookie) });
  await startI18n(startLocale());
  createRoot(root).render(
    <StrictMode>
      <Providers client={createQueryClient()}>
        <ConsoleGate link={link} />
      </Providers>
    </StrictMode>,
  );
}

const root = document.getElementById("root");
if (root) void main(root);

// The desktop's shell: the native window, and the same pages in browser mode.
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { startLocale } from "@/app/locale";
import { Providers } from "@/app/Providers";
import { createQueryClient } from "@/app/queryClient";
import { startTheme } from "@/app/theme";
import { startI18n } from "@/i18n";
import "@/styles/index.css";

async function main(root: HTMLElement): Promise<void> {
  startTheme();
  await startI18n(startLocale());
  createRoot(root).render(
    <StrictMode>
      <Providers client={createQueryClient()}>
        <main />
      </Providers>
    </StrictMode>,
  );
}

const root = document.getElementById("root");
if (root) void main(root);

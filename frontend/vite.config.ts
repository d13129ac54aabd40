import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// NEXUS_API lets `npm run dev` use a real host: the desktop's browser mode or nexusd.
const host = process.env["NEXUS_API"] ?? "http://127.0.0.1:8080";

interface Graph {
  getModuleInfo(id: string): { importedIds: string[] } | null;
}

/** The modules that a shell imports before it can draw anything, whatever their depth. */
function startOf(shell: string, graph: Graph): Set<string> {
  const reached = new Set<string>();
  const ahead = graph.getModuleInfo(shell)?.importedIds.slice() ?? [];
  for (let id = ahead.pop(); id !== undefined; id = ahead.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    ahead.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  return reached;
}

/** The pages' code is fetched with the document although it runs after the first frame. */
const preloadPages: Plugin = {
  name: "preload-pages",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle, filename }) {
      if (!filename.endsWith("index.html")) return [];
      const pages = Object.values(bundle ?? {}).find((file) => file.type === "chunk" && file.facadeModuleId === here("./src/desktopPages.tsx"));
      if (pages?.type !== "chunk") return [];
      return [pages.fileName, ...pages.imports.filter((file) => !html.includes(file))].map((file) => ({ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, href: `/${file}` }, injectTo: "head" as const }));
    },
  },
};

let starts: { graph: Graph; desktop: Set<string>; console: Set<string> } | undefined;

function startChunk(id: string, graph: Graph): string | null {
  if (id.includes("vite/preload-helper")) return "loader"; // the first script wants nothing else
  if (id.endsWith("/styles/index.css")) return "style";
  if (starts?.graph !== graph) starts = { graph, desktop: startOf(here("./src/desktopPages.tsx"), graph), console: startOf(here("./src/console.tsx"), graph) };
  if (starts.desktop.has(id)) return starts.console.has(id) ? "core" : "window";
  return starts.console.has(id) ? "administration" : null;
}

export default defineConfig({
  plugins: [react(), tailwind(), preloadPages],
  resolve: { alias: { "@": here("./src") } },
  build: {
    target: "safari16",
    modulePreload: { polyfill: false }, // the polyfill would be an inline script
    assetsInlineLimit: 0, // fonts and pictures stay files: CSP allows no data: fonts
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { desktop: here("./index.html"), console: here("./console.html") },
      // One file for what both shells start with and one for the desktop's own:
      // in the window each request costs a walk through three processes.
      output: { codeSplitting: { includeDependenciesRecursively: false, groups: [{ debugName: "start", name: startChunk }] } },
    },
  },
  worker: { format: "es" },
  // The host accepts its own name and origin only, so requests pass under them.
  server: { proxy: { "/api": { target: host, changeOrigin: true, headers: { origin: host } } } },
  test: {
    environment: "jsdom",
    environmentOptions: { jsdom: { url: "http://nexus.test/" } },
    setupFiles: ["./src/test/setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    css: false,
    testTimeout: 20_000, // two busy cores
    hookTimeout: 20_000,
    restoreMocks: true,
  },
});

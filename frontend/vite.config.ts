import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// NEXUS_API lets `npm run dev` use a real host: the desktop's browser mode or nexusd.
const host = process.env["NEXUS_API"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwind()],
  resolve: { alias: { "@": here("./src") } },
  build: {
    target: "safari16",
    modulePreload: { polyfill: false }, // the polyfill would be an inline script
    assetsInlineLimit: 0, // fonts and pictures stay files: CSP allows no data: fonts
    chunkSizeWarningLimit: 900,
    rollupOptions: { input: { desktop: here("./index.html"), console: here("./console.html") } },
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

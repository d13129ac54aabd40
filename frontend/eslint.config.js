import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

// Blob and FormData bodies crash the WebKitGTK asset handler (desktop-notes.md).
const crashers = [
  { name: "Blob", message: "Send a string or Uint8Array: Blob bodies crash the desktop window." },
  { name: "FormData", message: "Send a string or Uint8Array: FormData bodies crash the desktop window." },
];
const noFetch = [
  { name: "fetch", message: "Reach data through src/api or src/stream." },
  { name: "EventSource", message: "Reach streams through src/stream." },
];
const noHtml = [
  { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Nothing becomes HTML: render nodes." },
  { selector: "AssignmentExpression[left.property.name='innerHTML']", message: "Nothing becomes HTML: render nodes." },
  { selector: "TSAsExpression > TSAsExpression[typeAnnotation.type='TSUnknownKeyword']", message: "Parse at the border instead." },
];
const features = {
  group: ["@/features/*/*", "../../features/*/*"],
  message: "Import another feature only through its index.ts.",
};
const shells = { group: ["@/desktop", "@/desktopPages", "@/console", "@/desktop.tsx", "@/console.tsx"], message: "Nothing imports a shell." };

export default ts.config(
  { ignores: ["dist", "node_modules", "src/api/schema.ts"] },
  js.configs.recommended,
  ...ts.configs.strict,
  hooks.configs.flat["recommended-latest"] ?? hooks.configs["recommended-latest"],
  a11y.flatConfigs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    rules: {
      "no-restricted-globals": ["error", ...crashers, ...noFetch],
      "no-restricted-syntax": ["error", ...noHtml],
      "no-restricted-imports": ["error", { patterns: [features, shells] }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/no-invalid-void-type": "off",
      "max-lines": ["error", { max: 400, skipBlankLines: false }],
      "no-console": "error",
      "jsx-a11y/no-autofocus": "off", // focus moves on purpose when a dialog or an inline editor opens
    },
  },
  {
    files: ["src/ui/**"],
    rules: {
      "no-restricted-imports": ["error", { patterns: [features, shells, { group: ["@/api/*", "@/api", "@/app/*", "@/features/*", "@/stream", "@/stream/*", "@/actions"], message: "ui/ knows nothing about NexusAI." }] }],
    },
  },
  {
    files: ["src/api/**", "src/stream/**"],
    rules: {
      "no-restricted-globals": ["error", ...crashers],
      "no-restricted-imports": ["error", { patterns: [{ group: ["@/features/*", "@/ui", "@/ui/*", "@/app/*"], message: "Data knows nothing about how it looks." }] }],
    },
  },
  { files: ["src/i18n/*/*.ts"], rules: { "max-lines": "off" } },
  { files: ["src/**/*.test.{ts,tsx}", "src/test/**"], rules: { "no-restricted-globals": "off", "no-restricted-syntax": "off", "@typescript-eslint/no-non-null-assertion": "off" } },
  {
    files: ["e2e/**"],
    rules: {
      // Playwright's fixtures take an empty pattern and call a function named "use".
      "no-empty-pattern": "off",
      "react-hooks/rules-of-hooks": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  { files: ["e2e/**"], languageOptions: { globals: { process: "readonly", console: "readonly", Buffer: "readonly", setTimeout: "readonly", clearTimeout: "readonly", setInterval: "readonly", clearInterval: "readonly", URL: "readonly", document: "readonly", window: "readonly", getComputedStyle: "readonly", localStorage: "readonly" } } },
);

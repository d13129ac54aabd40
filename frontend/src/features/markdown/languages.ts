/** Names to show; what is not here is shown as the model wrote it. */
const names: Record<string, string> = {
  bash: "Shell", sh: "Shell", shell: "Shell", zsh: "Shell", console: "Shell",
  c: "C", cpp: "C++", "c++": "C++", cs: "C#", csharp: "C#", css: "CSS", scss: "SCSS",
  diff: "Diff", dockerfile: "Dockerfile", go: "Go", golang: "Go", graphql: "GraphQL", html: "HTML", xml: "XML", svg: "SVG",
  ini: "INI", toml: "TOML", java: "Java", js: "JavaScript", javascript: "JavaScript", jsx: "JSX", json: "JSON", kotlin: "Kotlin", kt: "Kotlin",
  lua: "Lua", makefile: "Makefile", markdown: "Markdown", md: "Markdown", php: "PHP", python: "Python", py: "Python", r: "R",
  ruby: "Ruby", rb: "Ruby", rust: "Rust", rs: "Rust", sql: "SQL", swift: "Swift", ts: "TypeScript", typescript: "TypeScript", tsx: "TSX",
  yaml: "YAML", yml: "YAML",
};

export function languageName(language: string): string {
  return names[language.toLowerCase()] ?? language;
}

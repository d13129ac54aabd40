// Renders /openapi.json. Everything from the document goes in as text, never as
// markup.
const el = (name, props = {}, ...children) => {
  const node = Object.assign(document.createElement(name), props);
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
};

const follow = (doc, schema) => {
  if (!schema?.$ref) return schema ?? {};
  return schema.$ref.slice(2).split("/").reduce((at, key) => at?.[key], doc) ?? {};
};

const typeName = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const type = Array.isArray(schema.type) ? schema.type.join(" | ") : (schema.type ?? "any");
  return type.includes("array") ? `${typeName(schema.items)}[]` : schema.format ? `${type} (${schema.format})` : type;
};

const notes = (schema) =>
  [
    schema.description,
    schema.enum && `one of ${schema.enum.join(", ")}`,
    schema.default !== undefined && `default ${JSON.stringify(schema.default)}`,
    schema.minimum !== undefined && `at least ${schema.minimum}`,
    schema.maximum !== undefined && `at most ${schema.maximum}`,
    schema.minLength !== undefined && `at least ${schema.minLength} characters`,
    schema.maxLength !== undefined && `at most ${schema.maxLength} characters`,
  ].filter(Boolean).join("; ");

const table = (head, rows) =>
  el("table", {}, el("thead", {}, el("tr", {}, ...head.map((h) => el("th", { scope: "col" }, h)))), el("tbody", {}, ...rows));

const shape = (doc, schema) => {
  const found = follow(doc, schema);
  const target = found.type === "array" || found.type?.includes?.("array") ? follow(doc, found.items) : found;
  const fields = Object.entries(target.properties ?? {});
  if (fields.length === 0) return null;
  const required = new Set(target.required ?? []);
  return table(["Field", "Type", ""], fields.map(([name, field]) =>
    el("tr", {}, el("td", {}, el("code", {}, name), required.has(name) ? "" : el("span", { className: "muted" }, " optional")),
      el("td", {}, el("code", {}, typeName(field))), el("td", {}, notes(field)))));
};

const content = (doc, body) =>
  Object.entries(body?.content ?? {}).flatMap(([kind, { schema }]) => [
    el("p", {}, el("code", {}, kind), " ", el("span", { className: "muted" }, typeName(schema))), shape(doc, schema),
  ]);

const operation = (doc, path, method, op) => {
  const parameters = (op.parameters ?? []).map((p) =>
    el("tr", {}, el("td", {}, el("code", {}, p.name), p.required ? "" : el("span", { className: "muted" }, " optional")),
      el("td", {}, p.in), el("td", {}, el("code", {}, typeName(p.schema))), el("td", {}, [p.description, notes(p.schema ?? {})].filter(Boolean).join("; "))));
  const answers = Object.entries(op.responses ?? {}).flatMap(([status, r]) =>
    [el("h4", {}, status, " ", el("span", { className: "muted" }, r.description ?? "")), ...content(doc, r)]);
  return el("section", { id: op.operationId },
    el("h3", {}, el("span", { className: "method" }, method.toUpperCase()), el("code", {}, path)),
    el("p", {}, op.summary ?? "", op.security?.length ? "" : el("span", { className: "muted" }, " No sign-in.")),
    op.description ? el("p", {}, op.description) : "",
    parameters.length ? table(["Parameter", "In", "Type", ""], parameters) : "",
    op.requestBody ? el("h4", {}, "Body") : "", ...content(doc, op.requestBody), el("h4", {}, "Answers"), ...answers);
};

const render = (doc, words) => {
  const index = document.getElementById("index");
  const main = document.getElementById("operations");
  index.replaceChildren();
  main.replaceChildren();
  const groups = new Map();
  for (const [path, methods] of Object.entries(doc.paths ?? {})) {
    for (const [method, op] of Object.entries(methods)) {
      const text = `${path} ${op.summary ?? ""} ${op.operationId}`.toLowerCase();
      if (!words.every((w) => text.includes(w))) continue;
      const tag = op.tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), { path, method, op }]);
    }
  }
  for (const [tag, all] of groups) {
    index.append(el("h2", {}, tag), ...all.map(({ op, path }) => el("a", { href: `#${op.operationId}` }, op.summary || path)));
    main.append(...all.map(({ path, method, op }) => operation(doc, path, method, op)));
  }
  if (groups.size === 0) main.append(el("p", {}, "No operation has these words."));
};

try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`openapi.json answered ${response.status}`);
  const doc = await response.json();
  document.getElementById("version").textContent = `version ${doc.info?.version ?? "?"}`;
  const find = document.getElementById("find");
  find.addEventListener("input", () => render(doc, find.value.toLowerCase().split(/\s+/).filter(Boolean)));
  render(doc, []);
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
} catch (failure) {
  document.getElementById("operations").replaceChildren(el("p", { role: "alert" }, `The reference cannot be shown: ${failure.message}`));
}

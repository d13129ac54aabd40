// Turns code into coloured pieces. Heavy: loaded by the worker, or after the
// page is idle where a web view has no workers.
import type { Element, ElementContent } from "hast";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

/** A class of prose.css ("" is plain) and its text. */
export type Token = readonly [kind: string, text: string];

const lowlight = createLowlight({ bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, makefile, markdown, php, python, ruby, rust, sql, swift, typescript, xml, yaml });
lowlight.registerAlias({ bash: ["zsh", "console", "shell"], javascript: ["jsx"], typescript: ["tsx"], go: ["golang"], ini: ["toml"], xml: ["html", "svg"] });

const kinds: Record<string, string> = {
  "hljs-keyword": "k", "hljs-literal": "k", "hljs-selector-tag": "k", "hljs-doctag": "k", "hljs-operator": "",
  "hljs-string": "s", "hljs-regexp": "s", "hljs-template-string": "s",
  "hljs-number": "n", "hljs-symbol": "n", "hljs-bullet": "n",
  "hljs-title": "f", "hljs-section": "f",
  "hljs-type": "t", "hljs-built_in": "t", "hljs-name": "t", "hljs-class": "t", "hljs-selector-class": "t", "hljs-selector-id": "t",
  "hljs-comment": "c", "hljs-quote": "c", "hljs-meta": "c",
  "hljs-attr": "a", "hljs-attribute": "a", "hljs-variable": "a", "hljs-template-variable": "a", "hljs-property": "a", "hljs-params": "",
  "hljs-deletion": "d", "hljs-addition": "i",
};

/** Undefined when the language is not one of ours. */
export function highlight(code: string, language: string): Token[] | undefined {
  const name = language.toLowerCase();
  if (!lowlight.registered(name)) return undefined;
  const tokens: Token[] = [];
  const walk = (nodes: readonly ElementContent[], kind: string) => {
    for (const node of nodes) {
      if (node.type === "text") tokens.push([kind, node.value]);
      else if (node.type === "element") walk(node.children, kindOf(node) ?? kind);
    }
  };
  walk(lowlight.highlight(name, code).children as ElementContent[], "");
  return tokens;
}

function kindOf(element: Element): string | undefined {
  const names = element.properties["className"];
  if (!Array.isArray(names)) return undefined;
  for (const name of names) {
    const kind = kinds[String(name)];
    if (kind !== undefined) return kind;
  }
  return undefined;
}

import { useEffect, useState } from "react";
import type { Token } from "./highlight";
import { knownTokens, tokensOf } from "./highlighter";

/** The coloured pieces of code that is complete; undefined until they are known. */
export function useTokens(code: string, language: string, sealed: boolean): Token[] | undefined {
  const [found, setFound] = useState<{ code: string; tokens: Token[] }>();
  useEffect(() => {
    if (!sealed) return;
    let current = true;
    void tokensOf(code, language).then((tokens) => {
      if (current && tokens) setFound({ code, tokens });
    });
    return () => {
      current = false;
    };
  }, [code, language, sealed]);
  if (!sealed) return undefined;
  return found?.code === code ? found.tokens : knownTokens(code, language);
}

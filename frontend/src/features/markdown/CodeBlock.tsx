import { WrapText } from "lucide-react";
import { memo, useState } from "react";
import { useT } from "@/i18n";
import { CopyButton, cx, IconButton } from "@/ui";
import { languageName } from "./languages";
import { useTokens } from "./useTokens";

interface Props {
  code: string;
  language: string;
  sealed: boolean;
}

/** Code under a quiet head; coloured once it is complete. */
export const CodeBlock = memo(function CodeBlock({ code, language, sealed }: Props) {
  const t = useT();
  const [wrap, setWrap] = useState(false);
  const tokens = useTokens(code, language, sealed);
  const name = languageName(language) || t("chat.markdown.code");
  return (
    <figure className="group/code overflow-hidden rounded-md border border-line bg-surface">
      <figcaption className="flex h-8 items-center gap-1 ps-3 pe-1 text-xs text-muted">
        <span className="min-w-0 flex-1 truncate">{name}</span>
        <IconButton size="sm" label={t("chat.markdown.wrap")} aria-pressed={wrap} onClick={() => setWrap(!wrap)} className={wrap ? "!text-text" : ""}>
          <WrapText size={14} aria-hidden />
        </IconButton>
        <CopyButton text={code} label={t("chat.markdown.copyCode")} />
      </figcaption>
      {/* The region scrolls sideways, so the keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre dir="ltr" tabIndex={0} aria-label={name} className={cx("code overflow-x-auto px-3 pt-0.5 pb-3 focus-visible:-outline-offset-2", wrap && "whitespace-pre-wrap")}>
        <code>
          {tokens
            ? tokens.map(([kind, text], i) =>
                kind ? (
                  <span key={i} className={kind}>
                    {text}
                  </span>
                ) : (
                  text
                ),
              )
            : code}
        </code>
      </pre>
    </figure>
  );
});

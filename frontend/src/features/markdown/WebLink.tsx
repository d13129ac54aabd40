import { useContext, type ReactNode } from "react";
import { useT } from "@/i18n";
import { Tooltip } from "@/ui";
import { webAddress } from "./address";
import { MarkdownContext } from "./MarkdownContext";

/** A link in what a model wrote: opens outside, says where it goes, and only if it goes to the web. */
export function WebLink({ address, children }: { address: string; children: ReactNode }) {
  const t = useT();
  const { open } = useContext(MarkdownContext);
  const url = webAddress(address);
  if (!url) {
    return (
      <Tooltip content={t("chat.markdown.badLink")}>
        <span className="underline decoration-dotted underline-offset-3">{children}</span>
      </Tooltip>
    );
  }
  return (
    <Tooltip content={t("chat.markdown.openLink", { host: url.host })}>
      <a
        href={url.href}
        className="link"
        rel="noreferrer noopener"
        // The page itself never navigates: not by a click, not by the middle button.
        onClick={(event) => {
          event.preventDefault();
          open(url.href);
        }}
        onAuxClick={(event) => event.preventDefault()}
        draggable={false}
      >
        {children}
      </a>
    </Tooltip>
  );
}

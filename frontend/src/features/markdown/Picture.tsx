import { useQuery } from "@tanstack/react-query";
import { ImageOff, Image as ImageIcon } from "lucide-react";
import { useContext, useState } from "react";
import { pictureQuery } from "@/api";
import { useT } from "@/i18n";
import { Button, Spinner } from "@/ui";
import { webAddress } from "./address";
import { MarkdownContext } from "./MarkdownContext";

/**
 * A remote picture: its address may tell on its reader, so it loads after a
 * click, and through the host, which refuses private addresses and scripts.
 */
export function Picture({ address, alt }: { address: string; alt: string }) {
  const t = useT();
  const { remoteImages } = useContext(MarkdownContext);
  const [wanted, setWanted] = useState(false);
  const url = webAddress(address);
  const shown = wanted || remoteImages;
  const picture = useQuery({ ...pictureQuery(url?.href ?? ""), enabled: shown && url !== undefined });
  if (!url) return <>{alt}</>;
  if (picture.isError) {
    return (
      <span className="inline-flex items-center gap-2 text-sm text-muted">
        <ImageOff size={15} aria-hidden /> {t("chat.markdown.imageFailed")} {alt}
      </span>
    );
  }
  if (picture.data) return <img src={picture.data} alt={alt} className="max-h-120 max-w-full rounded-md" />;
  return (
    <span className="inline-flex max-w-full items-center gap-3 rounded-md border border-line px-3 py-2 text-sm">
      {shown ? <Spinner /> : <ImageIcon size={15} className="shrink-0 text-faint" aria-hidden />}
      <span className="min-w-0 truncate">{alt || t("chat.markdown.image", { host: url.host })}</span>
      {alt && <span className="truncate text-faint">{url.host}</span>}
      {!shown && (
        <Button size="sm" onClick={() => setWanted(true)}>
          {t("chat.markdown.loadImage")}
        </Button>
      )}
    </span>
  );
}

import type { Link } from "@/api";
import { useT } from "@/i18n";
import { Button, Dialog } from "@/ui";
import { LinkPanel } from "./LinkPanel";
import { called } from "./roles";

/** Shows a one-time link; `undefined` closes it. */
export function LinkDialog({ link, onClose }: { link: Link | undefined; onClose: () => void }) {
  const t = useT();
  if (!link) return null;
  const name = called(link.user);
  return (
    <Dialog
      open
      firm
      onOpenChange={onClose}
      title={link.user.state === "invited" ? t("users.inviteTitle", { name }) : t("users.resetTitle", { name })}
      footer={
        <Button tone="primary" onClick={onClose}>
          {t("users.done")}
        </Button>
      }
    >
      <LinkPanel link={link} />
    </Dialog>
  );
}

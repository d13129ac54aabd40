import { useNavigate, useParams } from "@tanstack/react-router";
import { SquarePen, Search } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useOfferActions, type Action } from "@/actions";
import { preloadMarkdown } from "@/features/markdown";
import { useT } from "@/i18n";
import { Drawer, SplitPane, useNarrow } from "@/ui";
import { Chat } from "./Chat";
import { ConversationList } from "./ConversationList";
import { renewFresh, useFreshId } from "./fresh";
import { useRecentActions } from "./useRecentActions";

const route = "/chat/{-$conversationId}" as never;

/** The list of conversations beside the open one; below 900 px the list is a drawer. */
export function ChatPage() {
  const t = useT();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const [drawer, setDrawer] = useState(false);
  const { conversationId } = useParams({ strict: false }) as { conversationId?: string };
  const fresh = useFreshId();
  const id = conversationId ?? fresh;

  useEffect(preloadMarkdown, []);

  const open = useCallback(() => setDrawer(false), []);
  const create = useCallback(() => {
    setDrawer(false);
    // Params that are not named stay as they are.
    void navigate({ to: route, params: { conversationId: undefined } as never });
    window.setTimeout(() => window.dispatchEvent(new Event("nexus:write")), 0);
  }, [navigate]);
  const onExists = useCallback((made: string) => void navigate({ to: route, params: { conversationId: made } as never, replace: true }), [navigate]);
  useEffect(() => {
    // Only now: until the address names it, the fresh id is what the view shows.
    if (conversationId === fresh) renewFresh(fresh);
  }, [conversationId, fresh]);
  const actions = useMemo<Action[]>(
    () => [
      { id: "chat.new", label: t("chat.newChat"), group: "create", icon: SquarePen, shortcuts: ["mod+n", "alt+n"], inText: true, run: create },
      {
        id: "chat.find",
        label: t("chat.search"),
        group: "go",
        icon: Search,
        shortcuts: ["mod+f"],
        inText: true,
        run: () => {
          setDrawer(true);
          window.setTimeout(() => window.dispatchEvent(new Event("nexus:find")), 0);
        },
      },
    ],
    [t, create],
  );
  useOfferActions(actions);
  useRecentActions();

  const list = <ConversationList openId={conversationId} onOpen={open} onNew={create} />;
  const chat = <Chat key={id} id={id} fresh={conversationId === undefined} onExists={onExists} onList={narrow ? () => setDrawer(true) : undefined} />;
  if (!narrow) {
    return (
      <SplitPane id="conversations" label={t("chat.conversations")} initial={272} min={220} max={380} side={list}>
        {chat}
      </SplitPane>
    );
  }
  return (
    <div className="flex h-full min-w-0 flex-1 flex-col">
      {chat}
      <Drawer open={drawer} onOpenChange={setDrawer} side="start" bare title={t("chat.conversations")} width={300}>
        {list}
      </Drawer>
    </div>
  );
}

import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { MessageSquare } from "lucide-react";
import { useMemo } from "react";
import { useOfferActions, type Action } from "@/actions";
import { conversationsQuery } from "@/api";
import { useFormat, useT } from "@/i18n";

/** Conversations in the palette. */
export function useRecentActions(): void {
  const t = useT();
  const format = useFormat();
  const navigate = useNavigate();
  const list = useInfiniteQuery(conversationsQuery("", false));
  const actions = useMemo<Action[]>(
    () =>
      (list.data?.pages ?? [])
        .flatMap((page) => page.items)
        .slice(0, 200)
        .map((c, index) => ({
          id: `recent.${c.id}`,
          label: c.title || t("chat.untitled"),
          group: "recent",
          // Without a search the palette shows the first of these only.
          keywords: String(index),
          icon: MessageSquare,
          detail: format.ago(c.last_at),
          run: () => void navigate({ to: "/chat/{-$conversationId}" as never, params: { conversationId: c.id } as never }),
        })),
    [list.data, t, format, navigate],
  );
  useOfferActions(actions);
}

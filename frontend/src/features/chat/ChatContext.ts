import { createContext, useContext } from "react";
import type { Message } from "@/api";

/** What a message row may ask of its chat. */
export interface ChatActs {
  /** Shows another version under a parent ("" is the start). */
  choose(parentId: string, id: string): void;
  regenerate(question: Message): void;
  /** Sends an edited text as another version of a message. */
  resend(original: Message, text: string): Promise<boolean>;
  retry(message: Message): void;
  /** Takes a waiting message back into the draft. */
  takeBack(message: Message): void;
  stop(): void;
  stopping: boolean;
  /** False while an answer is being written: no second one is started beside it. */
  idle: boolean;
}

export const ChatContext = createContext<ChatActs | undefined>(undefined);

export function useChatActs(): ChatActs {
  const acts = useContext(ChatContext);
  if (!acts) throw new Error("no ChatContext above");
  return acts;
}

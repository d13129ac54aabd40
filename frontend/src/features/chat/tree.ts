// A conversation is a tree: an edit or another answer is a sibling. A view
// shows one path through it.
import type { Message } from "@/api";

export interface Node {
  id: string;
  parentId: string;
  /** Undefined for the answer that is being written. */
  message: Message | undefined;
}

export interface Step {
  node: Node;
  /** Ids of all versions at this place, oldest first; the node's own among them. */
  versions: readonly string[];
}

/** The version chosen under a parent; what is not chosen is the newest. */
export type Choices = Readonly<Record<string, string>>;

export function toNodes(messages: readonly Message[], live?: { answerId: string; messageId: string }): Node[] {
  const known = new Set(messages.map((m) => m.id));
  const nodes: Node[] = messages.map((message) => ({
    id: message.id,
    // A parent that has not been synced yet must not hide its children.
    parentId: message.parent_id && known.has(message.parent_id) ? message.parent_id : "",
    message,
  }));
  if (live && !known.has(live.answerId)) nodes.push({ id: live.answerId, parentId: known.has(live.messageId) ? live.messageId : "", message: undefined });
  return nodes;
}

/** The path from the start to a leaf. Cycles, which a hostile host could send, end it. */
export function pathOf(nodes: readonly Node[], choices: Choices): Step[] {
  const children = new Map<string, Node[]>();
  for (const node of nodes) {
    const siblings = children.get(node.parentId);
    if (siblings) siblings.push(node);
    else children.set(node.parentId, [node]);
  }
  for (const siblings of children.values()) siblings.sort(byAge);
  const path: Step[] = [];
  const visited = new Set<string>();
  for (let parent = ""; ; ) {
    const siblings = children.get(parent);
    const node = siblings?.find((n) => n.id === choices[parent]) ?? siblings?.at(-1);
    if (!siblings || !node || visited.has(node.id)) return path;
    visited.add(node.id);
    path.push({ node, versions: siblings.map((n) => n.id) });
    parent = node.id;
  }
}

function byAge(a: Node, b: Node): number {
  // What is being written is the newest.
  if (!a.message || !b.message) return a.message ? -1 : b.message ? 1 : 0;
  return a.message.created_at.localeCompare(b.message.created_at) || a.id.localeCompare(b.id);
}

import { useEffect, useRef, type RefObject } from "react";

/** How near to the end still counts as there. px */
const near = 24;

/** Keeps a scroller at its end while it grows, until the reader scrolls up; the end restores it. */
export function useFollow(ref: RefObject<HTMLElement | null>, length: number, growing: boolean): () => void {
  const following = useRef(true);
  useEffect(() => {
    if (growing && length === 0) following.current = true;
    const element = ref.current;
    if (growing && following.current && element) element.scrollTop = element.scrollHeight;
  }, [ref, length, growing]);
  return () => {
    const element = ref.current;
    if (element) following.current = element.scrollHeight - element.scrollTop - element.clientHeight < near;
  };
}

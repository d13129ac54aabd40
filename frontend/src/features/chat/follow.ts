/**
 * "Follow the end" is an intention: scrolling up clears it, reaching the end
 * restores it. Feed it scroll positions; it says when to move.
 */
export function createFollow(slack = 32) {
  let following = true;
  let lastTop = 0;
  let lastHeight = 0;
  const isAtEnd = (el: Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight">) => el.scrollHeight - el.scrollTop - el.clientHeight <= slack;
  return {
    get following() {
      return following;
    },
    /** From the scroll event. A shorter content moves the position without anyone's wish. */
    scrolled(el: Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight">) {
      if (isAtEnd(el)) following = true;
      else if (el.scrollTop < lastTop - 1 && el.scrollHeight >= lastHeight) following = false;
      lastTop = el.scrollTop;
      lastHeight = el.scrollHeight;
    },
    /** After the content changed: one read, one write. */
    grew(el: Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight">) {
      if (!following) return;
      el.scrollTop = el.scrollHeight;
      lastTop = el.scrollTop;
      lastHeight = el.scrollHeight;
    },
    resume() {
      following = true;
    },
  };
}

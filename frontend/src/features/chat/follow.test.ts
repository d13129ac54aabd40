import { expect, test } from "vitest";
import { createFollow } from "./follow";

const pane = (scrollTop: number, scrollHeight: number) => ({ scrollTop, scrollHeight, clientHeight: 100 });

test("growth is followed until the reader scrolls up, and again from the end", () => {
  const follow = createFollow();
  const el = pane(0, 500);
  follow.grew(el);
  expect(el.scrollTop).toBe(500);

  const up = pane(200, 500);
  follow.scrolled(up);
  follow.grew(up);
  expect(up.scrollTop).toBe(200);

  follow.scrolled(pane(395, 500));
  const end = pane(395, 600);
  follow.grew(end);
  expect(end.scrollTop).toBe(600);
});

test("content that became shorter is not a wish to stop", () => {
  const follow = createFollow();
  follow.grew(pane(0, 900));
  follow.scrolled(pane(300, 600));
  expect(follow.following).toBe(true);
});

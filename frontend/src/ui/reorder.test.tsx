import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { moved, slotAt } from "./reorder";
import { ReorderList } from "./ReorderList";

test("one item moves, the others keep their order and nothing is lost", () => {
  expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], 1, 1)).toEqual(["a", "b", "c"]);
  for (let from = 0; from < 5; from++) for (let to = 0; to < 5; to++) expect([...moved([0, 1, 2, 3, 4], from, to)].sort()).toEqual([0, 1, 2, 3, 4]);
});

test.each([
  [5, 1, 0], [15, 1, 1], [29, 1, 1], [31, 1, 2], [500, 0, 3], [-9, 3, 0],
])("dragged to %i from %i it belongs at %i", (y, from, to) => expect(slotAt([10, 20, 30, 40], y, from)).toBe(to));

test("the arrow keys on a handle move its item, say where it is, and keep the focus", async () => {
  const user = userEvent.setup();
  function List() {
    const [items, setItems] = useState(["fast", "deep", "local"]);
    return <ReorderList label="Fallbacks" items={items} onChange={setItems} render={(item) => <span>{item}</span>} />;
  }
  render(<List />);
  const handle = screen.getByRole("button", { name: /Move local/ });
  handle.focus();
  await user.keyboard("{ArrowUp}{ArrowUp}{ArrowUp}");
  expect(screen.getAllByRole("listitem").map((row) => row.textContent)).toEqual(["1local", "2fast", "3deep"]);
  expect(screen.getByRole("status")).toHaveTextContent("local is now at 1 of 3");
  expect(screen.getByRole("button", { name: /Move local/ })).toHaveFocus();
  await user.keyboard("{End}");
  expect(screen.getAllByRole("listitem").map((row) => row.textContent)).toEqual(["1fast", "2deep", "3local"]);
});

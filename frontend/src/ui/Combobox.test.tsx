import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { Combobox } from "./Combobox";
import { Dialog } from "./Dialog";
import { fitting } from "./fitting";

const people = [
  { value: "1", label: "João Exemplo", detail: "joao@acme.test" },
  { value: "2", label: "Ana Example", detail: "ana@acme.test" },
  { value: "3", label: "Zoë Sample", detail: "zoe@acme.test", disabled: true },
];

function Held({ options = people, onChosen }: { options?: typeof people; onChosen?: (value: string) => void }) {
  const [value, setValue] = useState("");
  return <Combobox aria-label="Who" value={value} onChange={(next) => { setValue(next); onChosen?.(next); }} options={options} placeholder="Choose" />;
}
const field = () => screen.getByRole("combobox", { name: "Who" });
const shown = () => screen.queryAllByRole("option").map((option) => option.textContent);

test.each([["", 3], ["joao", 1], ["exemp joão", 1], ["ACME ana", 1], ["zoe@", 1], ["nobody", 0]])("%j fits %i", (text, count) => expect(fitting(people, text)).toHaveLength(count));

test("arrows move, Enter chooses, and the field tells what is meant", async () => {
  const user = userEvent.setup();
  render(<Held />);
  await user.tab();
  expect(shown()).toEqual([]); // who only passes through opens nothing
  await user.keyboard("{ArrowDown}");
  expect(field()).toHaveAttribute("aria-expanded", "true");
  await user.keyboard("{ArrowDown}");
  expect(document.getElementById(field().getAttribute("aria-activedescendant")!)).toHaveTextContent("Ana Example");
  await user.keyboard("{Enter}");
  expect(field()).toHaveValue("Ana Example");
  expect(shown()).toEqual([]);
  await user.keyboard("{ArrowDown}");
  expect(screen.getByRole("option", { selected: true })).toHaveTextContent("Ana Example");
});

test("typing narrows, Escape keeps what was chosen, and what is disabled is not chosen", async () => {
  const user = userEvent.setup();
  const onChosen = vi.fn();
  render(<Held onChosen={onChosen} />);
  await user.type(field(), "joao{Enter}");
  await user.type(field(), "zo");
  expect(shown()).toEqual(["Zoë Samplezoe@acme.test"]);
  await user.keyboard("{Enter}");
  await user.keyboard("{Escape}");
  expect(field()).toHaveValue("João Exemplo");
  await user.type(field(), "xyz");
  expect(screen.getByText("Nothing fits “xyz”")).toBeVisible();
  await user.tab();
  expect(field()).toHaveValue("João Exemplo");
  expect(onChosen.mock.calls).toEqual([["1"]]);
});

test("of very many the first are shown, and that there are more is said", async () => {
  const user = userEvent.setup();
  render(<Held options={Array.from({ length: 5000 }, (_, i) => ({ value: String(i), label: `Person ${i}`, detail: "" }))} />);
  await user.click(field());
  expect(shown()).toHaveLength(100);
  expect(screen.getByText("4,900 more fit. Type to narrow the list.")).toBeVisible();
  await user.type(field(), "4321");
  await user.click(screen.getByRole("option"));
  expect(field()).toHaveValue("Person 4321");
});

test("Escape closes the list and not the dialog around it", async () => {
  const user = userEvent.setup();
  const onOpenChange = vi.fn();
  render(<Dialog open onOpenChange={onOpenChange} title="Add"><Held /></Dialog>);
  await user.click(field());
  await user.keyboard("{Escape}");
  expect(shown()).toEqual([]);
  expect(onOpenChange).not.toHaveBeenCalled();
  await user.keyboard("{Escape}");
  expect(onOpenChange).toHaveBeenCalledWith(false);
});

import { act, render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { chooseLocale, translate, useFormat, useT } from ".";

function Words() {
  const t = useT();
  const format = useFormat();
  return <p>{`${t("ui.close")} ${format.integer(1234567)}`}</p>;
}

test("what is shown follows the language", async () => {
  render(<Words />);
  expect(screen.getByText(/^Close/)).toBeInTheDocument();
  await act(() => chooseLocale("pt-PT"));
  expect(screen.getByText(new RegExp(`^${translate("ui.close")} 1.234.567$`))).toBeInTheDocument();
  expect(screen.queryByText(/^Close/)).not.toBeInTheDocument();
  await act(() => chooseLocale("en"));
  expect(screen.getByText("Close 1,234,567")).toBeInTheDocument();
});

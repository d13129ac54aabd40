import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderPage } from "@/test/page";
import { DiagnosticsPage } from "./DiagnosticsPage";

test("what needs attention comes first, and the whole can be copied", async () => {
  await renderPage(DiagnosticsPage, {
    "GET /api/local/diagnostics": { version: "0.1.0", facts: { system: "linux" }, checks: [{ name: "Disk", ok: true, finding: "41 GB free" }, { name: "Engine", ok: false, finding: "Not built", next: "Run make setup" }] },
  });
  expect(await screen.findByText("1 check needs attention")).toBeInTheDocument();
  const [first] = screen.getAllByRole("listitem");
  expect(first).toHaveTextContent("Engine");
  const user = userEvent.setup(); // brings a clipboard
  const written = vi.spyOn(navigator.clipboard, "writeText");
  await user.click(screen.getByRole("button", { name: "Copy as text" }));
  expect(written).toHaveBeenCalledWith("NexusAI 0.1.0\n[ok] Disk: 41 GB free\n[!!] Engine: Not built -> Run make setup\n\nsystem: linux\n");
});

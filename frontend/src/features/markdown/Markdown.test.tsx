import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { QueryClientProvider } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { createQueryClient } from "@/app/queryClient";
import { TooltipProvider } from "@/ui";
import { webAddress } from "./address";
import { Markdown } from "./Markdown";
import { MarkdownContext } from "./MarkdownContext";

const show = (text: string, { live = false, open = vi.fn(), remoteImages = false } = {}) => ({
  open,
  ...render(
    <QueryClientProvider client={createQueryClient()}>
      <TooltipProvider>
        <MarkdownContext value={{ open, remoteImages }}>
          <Markdown text={text} live={live} />
        </MarkdownContext>
      </TooltipProvider>
    </QueryClientProvider>,
  ),
});

test("a model's HTML is text: no element, no handler, no frame", () => {
  const { container } = show('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\nhi <iframe src="https://evil.test"></iframe> <b onclick=x>bold</b>\n\n<style>*{display:none}</style>');
  expect(container.querySelector("script, img, iframe, b, style, [onclick], [onerror]")).toBeNull();
  expect(container).toHaveTextContent("<script>alert(1)</script>");
});

test.each(["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "wails://wails/", "//host/x", "/api/local/settings", "https://user:pw@evil.test/", "not an address"])("%s is no link", (address) => {
  const { container } = show(`[click](<${address}>)`);
  expect(container.querySelector("a")).toBeNull();
  expect(webAddress(address)).toBeUndefined();
});

test("a web link opens outside and never navigates", async () => {
  const { open } = show("[paper](https://raft.github.io/raft.pdf)");
  const link = screen.getByRole("link", { name: "paper" });
  expect(link).toHaveAttribute("rel", "noreferrer noopener");
  await userEvent.click(link);
  expect(open).toHaveBeenCalledWith("https://raft.github.io/raft.pdf");
});

test("a remote picture is fetched by the host after a click, or at once when that was allowed", async () => {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(() => Promise.resolve(new Response(new Uint8Array([1, 2, 3]), { headers: { "Content-Type": "image/png" } })));
  const { container, unmount } = show("![a chart](https://pictures.test/c.png)");
  expect(container.querySelector("img")).toBeNull();
  expect(fetched).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole("button", { name: "Load picture" }));
  expect(await screen.findByRole("img", { name: "a chart" })).toHaveAttribute("src", "data:image/png;base64,AQID");
  expect(fetched.mock.calls[0]?.[0]).toContain("/api/local/image?url=https%3A%2F%2Fpictures.test%2Fc.png");
  unmount();
  show("![a chart](https://pictures.test/c.png)", { remoteImages: true });
  expect(await screen.findByRole("img", { name: "a chart" })).toBeInTheDocument();
});

test("a picture that the host refuses says so", async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(() => Promise.resolve(new Response("{}", { status: 422 })));
  show("![a chart](https://pictures.test/c.png)");
  await userEvent.click(screen.getByRole("button", { name: "Load picture" }));
  expect(await screen.findByText(/The picture could not be loaded/)).toBeInTheDocument();
});

test("tables, tasks, code and reference links are what they look like", () => {
  const { container } = show("| a | b |\n|---|--:|\n| 1 | 2 |\n\n- [x] done\n\n```go\nfunc main() {}\n```\n\nsee [it][1]\n\n[1]: https://a.test/");
  expect(screen.getByRole("columnheader", { name: "b" })).toBeInTheDocument();
  expect(screen.getByRole("checkbox")).toBeChecked();
  expect(screen.getByText("Go")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "it" })).toHaveAttribute("href", "https://a.test/");
  expect(container.querySelector("pre")).toHaveTextContent("func main() {}");
});

test("what is sealed is not touched again while the tail grows", () => {
  const { container, rerender } = show("# One\n\nfirst\n\nsec", { live: true });
  const sealed = [...container.querySelectorAll("[data-sealed]")];
  expect(sealed).toHaveLength(2);
  const seen = vi.fn();
  const observer = new MutationObserver(seen);
  for (const block of sealed) observer.observe(block, { subtree: true, childList: true, characterData: true, attributes: true });
  for (const more of ["o", "ond", "ond paragraph goes on"]) {
    rerender(
      <TooltipProvider>
        <Markdown text={`# One\n\nfirst\n\nsec${more}`} live />
      </TooltipProvider>,
    );
  }
  expect([...container.querySelectorAll("[data-sealed]")]).toEqual(sealed);
  expect(observer.takeRecords()).toEqual([]);
});

test("an address that only looks closed stays text until it is", () => {
  const { container } = show("see [paper](https://raft.git", { live: true });
  expect(container.querySelector("a[href*='paper']")).toBeNull();
});

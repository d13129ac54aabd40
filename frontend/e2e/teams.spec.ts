import type { Page } from "@playwright/test";
import { accessible, expect, test } from "./stack";
import { owner, type Server } from "./processes";

async function signIn(page: Page, server: Server): Promise<void> {
  await page.goto(`${server.url}/console`);
  await page.getByRole("textbox", { name: "Email" }).fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "Dashboard" })).toBeVisible();
}

const go = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).click();

test("a team is made and filled, gets a budget through the picker, and shows it", async ({ page, server }) => {
  server.ctl(["user", "invite", "--email", "ines@acme.test", "--name", "Inês Exemplo"]);
  await signIn(page, server);
  await go(page, "Users");
  await page.getByRole("radio", { name: "Teams" }).check({ force: true });
  await expect(page.getByText("No teams yet")).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Create team" }).first().click();
  await page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Research");
  await page.keyboard.press("Enter");

  const drawer = page.getByRole("dialog", { name: "Research" });
  await drawer.getByRole("combobox", { name: "Add a member" }).click();
  await page.keyboard.type("ines");
  await accessible(page);
  await page.keyboard.press("Enter");
  await expect(drawer.getByText("ines@acme.test")).toBeVisible();
  await drawer.getByRole("button", { name: "Remove Inês Exemplo" }).click();
  await drawer.getByRole("button", { name: "Undo removing Inês Exemplo" }).press("Enter");
  await expect(drawer.getByRole("button", { name: "Remove Inês Exemplo" })).toBeVisible();
  await accessible(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("row", { name: /Research/ })).toContainText("1");

  await go(page, "Limits and budgets");
  await page.getByRole("button", { name: "Create budget" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "For" }).click();
  await page.getByRole("option", { name: "Team", exact: true }).click();
  await dialog.getByRole("combobox", { name: "Which" }).click();
  await page.keyboard.type("resea");
  await page.keyboard.press("Enter");
  await dialog.getByRole("textbox", { name: "Amount" }).fill("25");
  await accessible(page);
  await dialog.getByRole("button", { name: "Create budget" }).click();
  await expect(page.getByRole("row", { name: /Research.*Monthly.*\$25\.00/ })).toBeVisible();

  await go(page, "Users");
  await page.getByRole("radio", { name: "Teams" }).check({ force: true });
  await expect(page.getByRole("row", { name: /Research.*\$25\.00/ })).toBeVisible();
  await page.getByRole("row", { name: /Research/ }).click();
  await expect(drawer).toContainText("$25.00 left of $25.00");
  await accessible(page);

  // It ends as it was, so that the next journey finds nothing of it.
  await drawer.getByRole("button", { name: "Delete team" }).click();
  const sure = page.getByRole("dialog", { name: "Delete Research?" });
  await expect(sure).toContainText("Its budget ends with it");
  await sure.getByRole("textbox").fill("Research");
  await sure.getByRole("button", { name: "Delete team" }).click();
  await expect(page.getByText("No teams yet")).toBeVisible();
  await go(page, "Audit");
  await expect(page.getByRole("row", { name: /Deleted a team.*Research/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /Added to a team.*Research.*Inês Exemplo/ }).first()).toBeVisible();
});

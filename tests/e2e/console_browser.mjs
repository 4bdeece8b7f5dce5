// What a person does in the console, by the names that a person sees. One run is one story:
//
//   node console_browser.mjs STORY LINK [ARGUMENTS as JSON]
//
// Ends with 0 where the story came to its end without an error of the page, a message of its content security policy, or a
// dialog that a script opened. Needs npm's packages of tools/console (CONSOLE) and Debian's chromium.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.CONSOLE, "package.json"));
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const complaints = [];

async function open(browser, link, options = {}) {
  const room = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-US", ...options });
  const page = await room.newPage();
  if (process.env.CONSOLE_FILES) await useFiles(page, process.env.CONSOLE_FILES);
  page.setDefaultTimeout(30000);
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  page.on("console", (said) => {
    // What is refused or absent the browser notes by itself; the screens say it in words.
    if (said.type() === "error" && !/^Failed to load resource/.test(said.text())) complaints.push(`console: ${said.text()}`);
  });
  if (link) {
    await page.goto(link);
    await page.locator("#main").waitFor();
  }
  return page;
}

// While one works on the console: its files from a folder (build.mjs --folder), so that the daemon need not be built each time.
async function useFiles(page, folder) {
  const types = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml", woff2: "font/woff2" };
  await page.route(/^http:[/][/][^/]+[/](assets[/].*)?$/, async (route) => {
    const path = new URL(route.request().url()).pathname;
    const name = path === "/" ? "index.html" : path.slice(1);
    const { headers } = await fetch(new URL("/", route.request().url()));
    await route.fulfill({ body: readFileSync(join(folder, name)), contentType: types[name.split(".").pop()], headers: { "content-security-policy": headers.get("content-security-policy") ?? "" } });
  });
}

// By what stands on it.
const menu = (page, name) => page.getByRole("navigation", { name: "Menus" }).getByText(name, { exact: true }).click();
const below = (page, name) => page.getByRole("navigation", { name: /^Pages of/ }).getByRole("link", { name, exact: true }).click();
const tab = (page, name) => page.getByRole("tab", { name, exact: true }).click();
// A field that must be filled has a star behind its name.
const field = (page, name) => page.getByLabel(new RegExp(`^${name.replace(/[()]/g, "\\$&")}(\\s*\\*)?\\s*$`));
const button = (page, name) => page.getByRole("button", { name, exact: true });

async function axe(page, what) {
  const session = await page.context().newCDPSession(page);
  // Not as a script of the page, whose policy lets none in.
  await session.send("Runtime.evaluate", { expression: AXE });
  const found = await page.evaluate(async (tags) => (await globalThis.axe.run(document, { runOnly: tags })).violations, RULES);
  assert.deepEqual(found.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join("\n")}`), []);
}

async function applyAndConfirm(page, message) {
  await page.getByRole("link", { name: "Review and apply" }).last().click();
  await page.getByRole("heading", { name: "Review and apply" }).waitFor();
  await field(page, "Message").fill(message);
  await button(page, "Apply").click();
  await page.getByText("It is in force. Confirm it above, or it takes itself back").waitFor();
  await button(page, "Confirm").click();
  await page.getByRole("region", { name: "A change waits for its confirmation" }).waitFor({ state: "detached" });
}

const STORIES = {
  // The first of the two procedures that the console must serve word for word.
  async socks(page, { port }) {
    await menu(page, "Administration");
    await below(page, "System Settings");
    await tab(page, "Devices");
    await page.getByRole("treeitem", { name: "SOCKS" }).getByText("SOCKS", { exact: true }).click();
    await field(page, "Enable Socks").check();
    await tab(page, "Socks Service");
    assert.equal(await field(page, "IPv4 listening address").inputValue() !== undefined, true);
    if (port) await field(page, "Listening Port").fill(String(port));
    await tab(page, "Advanced");
    assert.equal(await field(page, "Support SOCKS Version 4").isChecked(), false, "it is not selected as shipped");
    await field(page, "Support SOCKS Version 4").check();
    assert.equal(await field(page, "Maximum transactions backlog").inputValue(), "256");
    await tab(page, "Timeout Settings");
    await field(page, "Connection (seconds)").fill("7");
    await field(page, "Bind (seconds)").fill("90");
    await field(page, "UDP idle (seconds)").fill("45");
    await button(page, "Save").click();
    await page.getByText("Saved in the draft, and not in force yet").waitFor();
    await applyAndConfirm(page, "SOCKS4 for the old printers");
  },

  // The second one.
  async rule(page, { name, from, to }) {
    await menu(page, "Policies");
    await below(page, "Condition Elements");
    await tab(page, "Socks Request");
    await page.getByRole("treeitem", { name: /SOCKS Requests/ }).getByText("SOCKS Requests", { exact: true }).click({ button: "right" });
    await page.getByRole("menuitem", { name: "Add Component", exact: true }).click();
    await field(page, "Name").fill(name);
    await field(page, "Source IP range from").fill("127.0.0.1");
    await field(page, "Source IP range to").fill("127.255.255.255");
    await field(page, "Source port range from").fill("1");
    await field(page, "Source port range to").fill("65535");
    await page.getByLabel("Destination By IP").check();
    await field(page, "Destination IP range from").fill(from);
    await field(page, "Destination IP range to").fill(to);
    await field(page, "Destination port range from").fill("1");
    await field(page, "Destination port range to").fill("65535");
    for (const action of ["Connect", "Bind", "UDP Association"]) assert.equal(await field(page, action).isChecked(), true);
    await field(page, "Bind").uncheck();
    await button(page, "Save").click();
    await page.getByText(`${name} is saved in the draft, and not in force yet`).waitFor();
    await page.getByRole("grid", { name: "Rules in their order" }).getByRole("button", { name, exact: true }).waitFor();
    await applyAndConfirm(page, "ticket 4711");
  },

  async byUrl(page, { name, url }) {
    await menu(page, "Policies");
    await button(page, "Add Component").first().click();
    await field(page, "Name").fill(name);
    await page.getByLabel("Destination By URL").check();
    await field(page, "Destination URL").fill(url);
    await button(page, "Save").click();
    await page.getByText(`${name} is saved in the draft, and not in force yet`).waitFor();
    await applyAndConfirm(page, "by name");
  },

  // The whole file as text, for whoever would rather type.
  async text(page, { before, after, then }) {
    await menu(page, "Policies");
    await below(page, "Review and apply");
    if (before) {
      await button(page, "Edit the file as text").click();
      await button(page, "The whole file").click();
      const file = field(page, "sluice.toml");
      await file.fill((await file.inputValue()).replace(before, after));
      await button(page, "Save to draft").click();
    }  // else the draft is still there, since its change was taken back
    await page.getByText("1 change", { exact: true }).waitFor();
    await field(page, "Message").fill("typed");
    await button(page, "Apply").click();
    await page.getByText("It is in force. Confirm it above, or it takes itself back").waitFor();
    await button(page, then).click();
    await page.getByRole("region", { name: "A change waits for its confirmation" }).waitFor({ state: "detached" });
  },

  // An empty name is marked where it is missing, and what was typed stays.
  async faults(page) {
    await menu(page, "Policies");
    await button(page, "Add Component").first().click();
    await field(page, "Source IP range from").fill("not an address");
    await button(page, "Save").click();
    await page.getByText("A rule needs a name.").waitFor();
    await page.getByText("Not saved: look at the fields that are marked.").waitFor();
    assert.equal(await field(page, "Source IP range from").inputValue(), "not an address");
  },

  async overview(page, { version }) {
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await page.getByText(version).first().waitFor();
    for (const card of ["Sessions", "New sessions", "Traffic", "Needs you", "Who ended sessions, since the start", "Shards", "Gateway"])
      await page.getByRole("heading", { name: card, exact: true, level: 2 }).waitFor();
  },

  // One is ended by its row, the others by a filter with the count first.
  async sessions(page, { user, all }) {
    await menu(page, "Sessions");
    const rows = page.getByRole("grid", { name: "Sessions" }).locator(".virtual-line");
    await page.waitForFunction((n) => document.querySelectorAll(".virtual-line").length === n, all);
    const filter = field(page, "Filter");
    await filter.fill(`user=${user}`);
    await filter.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".virtual-line").length === 1);
    assert.match(await rows.first().textContent(), new RegExp(user));
    await page.getByText(`user=${user}`, { exact: true }).click();  // turned round: all but this one
    await page.getByText(`user!=${user}`, { exact: true }).waitFor();
    await page.waitForFunction((n) => document.querySelectorAll(".virtual-line").length === n, all - 1);
    await rows.first().press("Enter");
    const detail = page.getByRole("dialog");
    await detail.getByRole("button", { name: "End", exact: true }).click();
    await detail.waitFor({ state: "detached" });
    await page.waitForFunction((n) => document.querySelectorAll(".virtual-line").length === n, all - 2);
    await page.getByRole("button", { name: `Remove user!=${user}` }).click();
    await button(page, "End all…").click();
    const asked = page.getByRole("dialog");
    await asked.getByRole("heading", { name: `End ${all - 1} sessions?` }).waitFor();
    await asked.getByLabel("Reason").fill("a test");
    await asked.getByRole("button", { name: "End them" }).click();
    await page.getByText(`${all - 1} sessions ended`).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
    await page.getByText("Nobody is connected").waitFor();
  },

  async explain(page, { client, destination, port, rule }) {
    await menu(page, "Policies");
    await below(page, "Explain");
    await field(page, "Client").fill(client);
    await field(page, "Destination").fill(destination);
    await field(page, "Port").fill(String(port));
    await button(page, "Explain").click();
    await page.getByText(`Denied by ${rule}`).waitFor();
    await page.getByRole("grid", { name: "Rules in their order" }).getByText(/wants/).first().waitFor();
  },

  // Names of clients and rules that look like markup stay text, on every screen.
  async hostile(page, { text, screens }) {
    for (const screen of screens) {
      await page.goto(new URL(screen, page.url()).href);
      await page.getByText(text).first().waitFor();
      assert.equal(await page.locator("img, script:not([src]), iframe, object, [onerror]").count(), 0);
    }
  },

  // No violation that axe knows of, on any screen, in either theme and language.
  async accessible(page, { screens, dark, german }) {
    if (dark || german) {
      await page.getByRole("button", { name: /account and display/ }).click();
      if (dark) await page.getByRole("menuitem", { name: "Dark" }).click();
      if (dark && german) await page.getByRole("button", { name: /account and display/ }).click();
      if (german) await page.getByRole("menuitem", { name: "Deutsch" }).click();
    }
    for (const screen of screens) {
      await page.goto(new URL(screen, page.url()).href);
      await page.getByRole("heading", { level: 1 }).first().waitFor();
      // The network is never idle, since events come all the time; what is still asked for shows that it is.
      await page.waitForFunction(() => !document.querySelector(".late"));
      await axe(page, screen);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${screen} is ${wide} pixels too wide`);
    }
  },

  async keys(page) {
    await page.locator("body").press("g");
    await page.locator("body").press("s");
    await page.getByRole("heading", { name: "Sessions", level: 1 }).waitFor();
    await page.locator("body").press("/");
    assert.equal(await field(page, "Filter").evaluate((element) => element === document.activeElement), true);
    await field(page, "Filter").press("Escape");
    await page.locator("body").press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("body").press("g");
    await page.locator("body").press("h");
    await page.getByRole("heading", { name: "Administering", level: 1 }).waitFor();
  },

  // Rules move by keys, and the move is spoken.
  async order(page, { first, second }) {
    await menu(page, "Policies");
    const row = page.locator(`tr[data-rule="${first}"]`);
    await row.focus();
    await row.press("Alt+ArrowDown");
    await page.getByText(`${first} is now number 2 of`).waitFor();
    await page.waitForFunction(([one, other]) => {
      const names = [...document.querySelectorAll("tr[data-rule]")].map((each) => each.dataset.rule);
      return names.indexOf(other) === 0 && names.indexOf(one) === 1;
    }, [first, second]);
    await page.locator(`tr[data-rule="${first}"]`).press("x");
    await page.getByText(`${first} is off`).waitFor();
    await button(page, "Discard").click();
    await page.getByText("What is in force. A first change makes a draft.").waitFor();
  },

  async link(page) {
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    assert.equal(new URL(page.url()).hash.includes("code"), false, "the code is taken out of the address");
    await menu(page, "Logout");
    await page.getByRole("heading", { name: "Sign in to Sluice" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in to Sluice" }).waitFor();
  },

  async usedLink(page, { again }) {
    await page.goto(again);
    await page.getByText("This link is used up, or older than five minutes").waitFor();
    await axe(page, "sign-in");
  },

  // The sign-in ends while somebody types: it is asked for above the page, and nothing typed is lost.
  async expired(page, { again }) {
    await menu(page, "Policies");
    await button(page, "Add Component").first().click();
    await field(page, "Name").fill("typed for long");
    await page.context().clearCookies();
    await button(page, "Save").click();
    await page.getByRole("dialog", { name: "Sign in again" }).waitFor();
    await page.evaluate((hash) => { location.hash = hash; }, new URL(again).hash);
    await page.getByRole("dialog", { name: "Sign in again" }).waitFor({ state: "detached" });
  },

  // A stand-in of the API has a hundred thousand sessions; what the browser then manages is told, not judged.
  async many(page, { rows }) {
    const session = (n) => ({
      session: `0-${n}`, state: "relay", since: "2026-01-01T00:00:00Z", age_ms: n * 10, client: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}:50112`, user: `user${n % 500}`, command: "connect",
      destination: `host${n % 977}.example.com`, port: 443, target: "203.0.113.9:443", rule: "office", bytes_up: n, bytes_down: n * 100,
    });
    await page.route("**/api/v1/sessions?*", async (route) => {
      const query = new URL(route.request().url()).searchParams;
      const from = Number(query.get("cursor") ?? 0), limit = Number(query.get("limit"));
      const end = Math.min(rows, from + limit);
      await route.fulfill({ json: { sessions: Array.from({ length: end - from }, (_, n) => session(from + n)), next: end < rows ? String(end) : null, about: rows } });
    });
    await menu(page, "Sessions");
    await page.waitForFunction((n) => document.querySelector("[aria-rowcount]")?.getAttribute("aria-rowcount") === String(n + 1), rows, { timeout: 120000 });
    await field(page, "Pause").check();
    const frames = await page.evaluate(() => new Promise((done) => {
      const box = document.querySelector(".virtual");
      const times = [];
      const step = (now) => {
        times.push(now);
        box.scrollTop += 400;
        if (times.length < 180) requestAnimationFrame(step);
        else done(times.slice(1).map((time, index) => time - times[index]));
      };
      requestAnimationFrame(step);
    }));
    frames.sort((a, b) => a - b);
    console.log(`frames: median ${frames[Math.floor(frames.length / 2)].toFixed(1)} ms, 95th percentile ${frames[Math.floor(frames.length * 0.95)].toFixed(1)} ms`);
    assert.ok(await page.locator(".virtual-line").count() < 100, "only rows in sight exist");
    await page.getByRole("grid", { name: "Sessions" }).locator(".virtual-line").first().press("End");
    await page.waitForFunction((n) => document.activeElement?.getAttribute("aria-rowindex") === String(n + 1), rows);
  },
};

const [story, link, given = "{}"] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
try {
  const options = JSON.parse(given);
  const page = await open(browser, link, options.narrow ? { viewport: { width: 390, height: 844 } } : {});
  try {
    await STORIES[story](page, options);
  } catch (error) {
    console.error(error);
    console.error(`the page was ${page.url().replace(/code=[^&]*/, "code=…")}, and said:\n${(await page.locator("body").innerText().catch(() => "")).slice(0, 4000)}`);
    if (process.env.CONSOLE_SHOT) await page.screenshot({ path: process.env.CONSOLE_SHOT });
    process.exitCode = 1;
  }
  if (complaints.length) {
    console.error(complaints.join("\n"));
    process.exitCode = 1;
  }
} finally {
  await browser.close();
}

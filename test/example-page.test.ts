import assert from "node:assert/strict";
import { type Example, serveExample } from "@outlayer/example-web";
import type { Browser, Page } from "playwright-core";
import { lookAt, newPerson, type Person, startBrowser } from "./support/browser.ts";
import { describeShapes, type Shape } from "./support/shapes.ts";
import { type System, startSystem } from "./support/system.ts";

/** It only ends what hangs: a browser and the product on a busy machine. */
const hangsMs = 600_000;

describeShapes("the example page, in Chromium", definePage, hangsMs);

function definePage(shape: Shape): void {
  let browser: Browser;
  let example: Example;
  let system: System;
  let person: Person;
  const started = new AsyncDisposableStack();

  before(async function () {
    browser = await startBrowser(this);
    started.defer(() => browser.close());
    example = await serveExample({ page: 0, wallet: 0 });
    started.defer(() => example.stop());
    const environment = {
      REST_CORS_ORIGINS: example.page,
      SESSION_SECRET_KEYS: "42".repeat(32),
      SESSION_AUDIENCE: example.page,
      SERVICE_WALLET_ID: "service-wallet",
    };
    system = await startSystem({ shape, environment });
    started.defer(() => system.stop());
    open(example);
  });
  after(() => started.disposeAsync());

  function open(served: Example): void {
    const { rpcUrl: nearRpc, controlUrl: devnetControl, verifierId } = system.devnet;
    served.open({ rest: system.product.restUrl, nearRpc, devnetControl, verifierId });
  }

  beforeEach(async () => {
    person = await newPerson(browser);
  });
  afterEach(async () => {
    const { context, problems } = person;
    await context.close();
    assert.deepEqual(problems, []);
  });

  /** Opens page and wallet, and makes an account. */
  async function connect(name: string): Promise<{ readonly page: Page; readonly wallet: Page }> {
    const page = await person.context.newPage();
    await page.goto(example.page);
    const opened = page.waitForEvent("popup");
    await page.getByRole("button", { name: "Connect the devnet wallet" }).click();
    const wallet = await opened;
    await wallet.getByLabel("Account name").fill(name);
    await wallet.getByRole("button", { name: "Create the account" }).click();
    await wallet.getByRole("button", { name: "Connect", exact: true }).click();
    await page.getByText(`Connected as ${name}.`).waitFor();
    return { page, wallet };
  }

  /** What the person answers in the wallet to what the page asks for. */
  const answer = (wallet: Page, button: string) =>
    wallet.getByRole("dialog").getByRole("button", { name: button }).click();
  /** Pages look the same in both shapes. */
  const look = shape === "embedded" ? lookAt : async () => [];
  const press = (page: Page, button: string) => page.getByRole("button", { name: button, exact: true }).click();
  const see = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

  it("leads from a new account to a payment on record, and to a stale key that is removed again", async () => {
    const name = "alice.near";
    const token = "nep141:wrap.near";
    const { verifier } = system.devnet.controls;
    const { page, wallet } = await connect(name);
    const looked = [...(await look(page, "connected")), ...(await look(wallet, "wallet"))];

    await press(page, "Sign in");
    await see(wallet, `Sign in to ${example.page} as ${name}`);
    looked.push(...(await look(wallet, "wallet-sign-in")));
    await answer(wallet, "Sign");
    await see(page, /^Signed in until/);
    await see(page, "5 wNEAR, 100 USDC");
    await see(page, "Your wallet's key is not registered");
    assert.equal(await page.getByRole("button", { name: "Sign and pay" }).isVisible(), false);
    looked.push(...(await look(page, "unregistered")));

    await press(page, "Register the key");
    await see(wallet, "intents.near add_public_key");
    looked.push(...(await look(wallet, "wallet-transaction")));
    await answer(wallet, "Sign and send");
    await page.getByRole("row", { name: /your wallet's.* full access in order/ }).waitFor();
    looked.push(...(await look(page, "registered")));

    const before = verifier.balanceOf("mike.near", token);
    await press(page, "Sign and pay");
    await see(wallet, `pays 0.25 wNEAR to mike.near`);
    looked.push(...(await look(wallet, "wallet-payment")));
    await answer(wallet, "Sign");
    await page.getByRole("heading", { name: "The evidence" }).waitFor();
    await see(page, "−0.25 wNEAR");
    await see(page, "4.75 wNEAR, 100 USDC");
    assert.equal(verifier.balanceOf("mike.near", token) - before, 25n * 10n ** 22n);
    looked.push(...(await look(page, "paid")));

    const first = await wallet.locator("#public-key code").getAttribute("title");
    await press(wallet, "Replace the key on NEAR");
    await wallet.locator(`#public-key code:not([title="${first}"])`).waitFor();
    await press(page, "Look again");
    await page.getByRole("row", { name: /not there stale/ }).waitFor();
    await press(page, "Register the key");
    await answer(wallet, "Sign and send");
    await page.getByRole("row", { name: /your wallet's/ }).waitFor();
    looked.push(...(await look(page, "stale-key")));
    await press(page, "Remove by signature");
    await see(wallet, /^removes the key ed25519:/);
    await answer(wallet, "Sign");
    await page.getByRole("heading", { name: "A stale key" }).waitFor({ state: "detached" });
    await page.getByRole("row", { name: /your wallet's.* full access in order/ }).waitFor();

    await press(page, "Sign out");
    await see(page, "Your wallet signs a message that moves nothing.");
    await press(page, "Disconnect");
    await see(page, "No wallet is connected.");
    assert.deepEqual(looked, []);
  });

  // What follows is between page and wallet.
  if (shape === "distributed") return;

  it("is used by keyboard alone, up to the session", async () => {
    const page = await person.context.newPage();
    await page.goto(example.page);
    const focused = (on: Page) => on.evaluate<string>("document.activeElement.textContent.trim()");
    const tabTo = async (on: Page, name: string) => {
      for (let tries = 0; tries < 20 && (await focused(on)) !== name; tries += 1) await on.keyboard.press("Tab");
      assert.equal(await focused(on), name);
    };
    await page.getByRole("button", { name: "Connect the devnet wallet" }).waitFor();
    await tabTo(page, "Connect the devnet wallet");
    const opened = page.waitForEvent("popup");
    await page.keyboard.press("Enter");
    const wallet = await opened;
    await wallet.getByLabel("Account name").waitFor();
    await wallet.keyboard.press("Tab");
    await wallet.keyboard.type("keys.near");
    await wallet.keyboard.press("Enter");
    await wallet.getByRole("dialog").waitFor();
    assert.equal(await focused(wallet), "Connect keys.near?");
    await tabTo(wallet, "Connect");
    await wallet.keyboard.press("Enter");
    await see(page, "Connected as keys.near.");
    await tabTo(page, "Sign in");
    await page.keyboard.press("Space");
    await wallet.getByRole("dialog").waitFor();
    await tabTo(wallet, "Sign");
    await wallet.keyboard.press("Enter");
    await see(page, /^Signed in until/);
  });

  it("says what was rejected in the wallet, and goes on", async () => {
    const { page, wallet } = await connect("bob.near");
    await press(page, "Sign in");
    await answer(wallet, "Reject");
    await page.getByRole("alert").getByText("you have rejected it in the wallet").waitFor();
    await press(page, "Sign in");
    await wallet.getByRole("dialog").waitFor();
    await wallet.keyboard.press("Escape");
    await page.getByRole("alert").getByText("you have rejected it in the wallet").waitFor();
    await press(page, "Sign in");
    await answer(wallet, "Sign");
    await see(page, /^Signed in until/);
    assert.equal(await page.getByRole("alert").innerText(), "");
  });

  it("says that the wallet's window is closed, and connects again", async () => {
    const { page, wallet } = await connect("carol.near");
    await press(page, "Sign in");
    await wallet.getByRole("dialog").waitFor();
    await wallet.close();
    await page
      .getByRole("alert")
      .getByText(/^the wallet's window is closed/)
      .waitFor();
    await press(page, "Disconnect");
    await page.getByRole("button", { name: "Connect the devnet wallet" }).waitFor();
  });

  it("has its wallet answer nobody but itself", async () => {
    const ask = { type: "near-wallet-injected-request", id: "1", method: "near:signIn", params: {} };
    const stranger = await serveExample({ page: 0, wallet: 0 });
    try {
      open(stranger);
      const other = await person.context.newPage();
      await other.goto(stranger.page);
      const opened = other.waitForEvent("popup");
      await other.evaluate(`
        window.heard = [];
        addEventListener("message", ({ data }) => heard.push(data));
        window.theirs = window.open("${example.wallet}/");
      `);
      const wallet = await opened;
      await wallet.getByLabel("Account name").fill("dora.near");
      await press(wallet, "Create the account");
      await see(wallet, "not connected");
      // Heard after the wallet's own listener; the wallet would have asked or answered before the timer.
      await wallet.evaluate(`addEventListener("message", () => setTimeout(() => opener.postMessage("after", "*")))`);
      await other.evaluate(`theirs.postMessage(${JSON.stringify(ask)}, "*")`);
      await other.waitForFunction(`heard.includes("after")`);
      assert.deepEqual(await other.evaluate("heard"), ["after"]);
      assert.equal(await wallet.getByRole("dialog").isVisible(), false);
    } finally {
      await stranger.stop();
    }
    // The wallet has told its own page that it is there, and the browser has kept that from the stranger.
    assert.equal(person.problems.length, 1);
    assert.match(
      person.problems.pop() ?? "",
      /The target origin provided .* does not match the recipient window's origin/,
    );
  });
}

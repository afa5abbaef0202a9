import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { openDevnetWallet } from "../page/devnet-wallet.js";

const origin = "http://127.0.0.1:8091";
const accounts = [{ accountId: "alice.near", publicKey: "ed25519:1" }];

describe("the example's page, with the devnet's wallet in another window", () => {
  /** The page's window, with the wallet's that it opens. */
  const page = new EventTarget();
  const wallet = { closed: false, focus() {}, postMessage: (message: { readonly id: string }) => answer(message) };
  let answer = (_: { readonly id: string }): void => undefined;
  const listeners = () => getEventListeners(page, "message").length;
  const say = (data: object, from: object = {}) =>
    page.dispatchEvent(Object.assign(new Event("message"), { data, origin, source: wallet, ...from }));
  const respond = (id: string, rest: object, from?: object) =>
    say({ type: "near-wallet-injected-response", id, ...rest }, from);

  before(() => {
    Object.assign(page, { open: () => wallet });
    Object.assign(globalThis, { window: page });
  });
  beforeEach(() => {
    wallet.closed = false;
  });
  after(() => Reflect.deleteProperty(globalThis, "window"));

  async function open() {
    const opening = openDevnetWallet(origin);
    say({ type: "near-wallet-injected" });
    return opening;
  }

  it("listens while it waits for an answer, and no longer", async () => {
    const before = listeners();
    for (let times = 0; times < 3; times += 1) {
      const opened = await open();
      answer = ({ id }) => void queueMicrotask(() => respond(id, { success: true, result: accounts }));
      const asked = opened.signIn();
      assert.equal(listeners(), before + 1);
      assert.deepEqual(await asked, accounts);
      answer = ({ id }) => void queueMicrotask(() => respond(id, { success: false, error: { message: "no" } }));
      await assert.rejects(opened.signIn(), { message: "no" });
      assert.equal(listeners(), before);
    }
  });

  it("listens no longer once the window is closed, before it was there or after", async () => {
    const before = listeners();
    const said = { message: "the wallet's window is closed, and its key is gone with it: connect again" };
    const opening = openDevnetWallet(origin);
    wallet.closed = true;
    await assert.rejects(opening, said);
    wallet.closed = false;
    const opened = await open();
    answer = () => {
      wallet.closed = true;
    };
    await assert.rejects(opened.getAccounts(), said);
    await assert.rejects(opened.getAccounts(), said);
    assert.equal(listeners(), before);
  });

  it("believes no other window, no other origin and no answer to something else", async () => {
    const opened = await open();
    answer = ({ id }) =>
      void queueMicrotask(() => {
        const forged = { success: true, result: [{ accountId: "mallory.near", publicKey: "ed25519:2" }] };
        respond(id, forged, { source: page });
        respond(id, forged, { origin: "http://127.0.0.1:1" });
        respond(crypto.randomUUID(), forged);
        respond(id, { success: true, result: accounts });
      });
    assert.deepEqual(await opened.getAccounts(), accounts);
  });
});

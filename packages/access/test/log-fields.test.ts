import assert from "node:assert/strict";
import { createContextValues } from "@connectrpc/connect";
import { walletClients, workLogFields } from "@outlayer/access";
import { sessionCheck } from "./support/session-check.ts";

const requestId = "01890a5d-ac96-774b-bcce-b302099a8057";

describe("log lines of a call", () => {
  it("name the workflow and the wallet of its request", () => {
    const fields = workLogFields({ requestId, walletId: "wallet-7", amount: "5" }, createContextValues());
    assert.deepEqual(fields, { request_id: requestId, wallet_id: "wallet-7" });
  });

  it("name the wallet that proved itself, whichever its request names", async () => {
    const values = createContextValues();
    const credentials = { internalTokens: ["internal"], apiKeys: new Map<string, string>() };
    const clients = walletClients({ credentials, sessionCheck, vouchedBy: [] });
    const headers = new Headers({ "x-wallet-id": "wallet-1", "x-internal-wallet-auth": "internal" });
    await clients.authenticate(headers, undefined, values);
    assert.deepEqual(workLogFields({ walletId: "wallet-7" }, values), { wallet_id: "wallet-1" });
    assert.deepEqual(workLogFields(undefined, values), { wallet_id: "wallet-1" });
  });

  for (const message of [
    undefined,
    {},
    { requestId: "hunter2", walletId: "two words" },
    { requestId: 5, walletId: {} },
    { requestId: `${requestId} more`, walletId: "w".repeat(129) },
  ]) {
    it(`hold nothing that is no id, as in ${JSON.stringify(message)}`, () => {
      assert.deepEqual(workLogFields(message, createContextValues()), {});
    });
  }
});

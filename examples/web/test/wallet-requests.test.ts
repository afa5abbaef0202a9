import assert from "node:assert/strict";
import { intentsOf, readRequest } from "../wallet/requests.js";

const account = "guest.near";
const call = (params: object = {}) => ({
  type: "FunctionCall",
  params: { methodName: "m", args: {}, gas: "1", deposit: "0", ...params },
});
const transaction = (given: object = {}) => ({ receiverId: "intents.near", actions: [call()], ...given });
const message = (given: object = {}) => ({ message: "m", recipient: "r", nonce: new Uint8Array(32), ...given });

describe("the example's wallet", () => {
  it("takes what wallets' selectors ask for", () => {
    for (const kind of ["signIn", "signOut", "getAccounts"]) {
      assert.deepEqual(readRequest(`near:${kind}`, undefined, undefined), { kind });
    }
    assert.deepEqual(readRequest("near:signMessage", message(), account), { kind: "signMessage", ...message() });
    const action = { type: "FunctionCall", methodName: "m", args: Uint8Array.of(123, 125), gas: 1n, deposit: 0n };
    const read = { receiverId: "intents.near", actions: [action] };
    const asked = { ...transaction(), signerId: account };
    assert.deepEqual(readRequest("near:signAndSendTransaction", asked, account), {
      kind: "signAndSendTransactions",
      transactions: [read],
      isSingle: true,
    });
    const several = { transactions: [transaction(), transaction()] };
    assert.deepEqual(readRequest("near:signAndSendTransactions", several, account), {
      kind: "signAndSendTransactions",
      transactions: [read, read],
      isSingle: false,
    });
    const bytes = transaction({ actions: [call({ args: Uint8Array.of(1, 2) })] });
    const inBytes = readRequest("near:signAndSendTransaction", bytes, account);
    assert(inBytes.kind === "signAndSendTransactions");
    assert.deepEqual(inBytes.transactions[0]?.actions[0]?.args, Uint8Array.of(1, 2));
  });

  for (const [what, method, params, problem] of [
    ["another method", "near:exportKey", {}, /no such method/],
    ["no method", undefined, {}, /no such method/],
    ["no parameters", "near:signMessage", undefined, /nonce must be/],
    ["a short nonce", "near:signMessage", message({ nonce: new Uint8Array(31) }), /nonce must be/],
    ["a nonce in base64", "near:signMessage", message({ nonce: "AAAA" }), /nonce must be/],
    ["an empty message", "near:signMessage", message({ message: "" }), /message must be a text/],
    ["an endless message", "near:signMessage", message({ message: "x".repeat(32_769) }), /message must be a text/],
    ["no recipient", "near:signMessage", message({ recipient: undefined }), /recipient must be a text/],
    ["a callback", "near:signMessage", message({ callbackUrl: "https://a.example" }), /callbackUrl/],
    ["another signer", "near:signAndSendTransaction", transaction({ signerId: "other.near" }), /not this account/],
    ["no receiver", "near:signAndSendTransaction", transaction({ receiverId: undefined }), /receiverId must be/],
    ["no actions", "near:signAndSendTransaction", transaction({ actions: [] }), /actions must be a list/],
    [
      "many actions",
      "near:signAndSendTransaction",
      transaction({ actions: Array(11).fill(call()) }),
      /actions must be a list/,
    ],
    [
      "a transfer",
      "near:signAndSendTransaction",
      transaction({ actions: [{ type: "Transfer" }] }),
      /function calls only/,
    ],
    ["a key", "near:signAndSendTransaction", transaction({ actions: [{ type: "AddKey" }] }), /function calls only/],
    ["an action of nothing", "near:signAndSendTransaction", transaction({ actions: [null] }), /function calls only/],
    [
      "no method name",
      "near:signAndSendTransaction",
      transaction({ actions: [call({ methodName: "" })] }),
      /methodName/,
    ],
    ["a number", "near:signAndSendTransaction", transaction({ actions: [call({ deposit: 1 })] }), /deposit must be/],
    [
      "a negative deposit",
      "near:signAndSendTransaction",
      transaction({ actions: [call({ deposit: "-1" })] }),
      /deposit must be/,
    ],
    [
      "arguments in a text",
      "near:signAndSendTransaction",
      transaction({ actions: [call({ args: "e30=" })] }),
      /args must be/,
    ],
    ["no transactions", "near:signAndSendTransactions", { transactions: [] }, /transactions must be a list/],
    ["a transaction of nothing", "near:signAndSendTransactions", { transactions: [null] }, /receiverId must be/],
  ] as const) {
    it(`refuses ${what}, and says so`, () => {
      assert.throws(() => readRequest(method, params, account), problem);
    });
  }

  it("tells what a payload of the verifier does, and shows what it does not know", () => {
    const told = (...intents: unknown[]) => intentsOf(JSON.stringify({ signer_id: account, intents }));
    const tokens = { "nep141:wrap.near": "1500000000000000000000000", "nep141:other.near": "7" };
    assert.deepEqual(
      told(
        { intent: "transfer", receiver_id: "mike.near", tokens },
        { intent: "add_public_key", public_key: "ed25519:1" },
        { intent: "remove_public_key", public_key: "ed25519:1" },
        { intent: "native_withdraw", amount: "1" },
        null,
      ),
      [
        "pays 1.5 wNEAR and 7 of nep141:other.near to mike.near",
        "gives the key ed25519:1 full control in the verifier",
        "removes the key ed25519:1 in the verifier",
        'an intent that this wallet does not know: {"intent":"native_withdraw","amount":"1"}',
        "an intent that this wallet does not know: null",
      ],
    );
    for (const text of ["hello", "null", "[]", '{"intents":1}', ""]) assert.deepEqual(intentsOf(text), [], text);
  });
});

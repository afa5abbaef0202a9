import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { keyPairFromSeed } from "@outlayer/near";
import { oneClickSigner } from "./support/one-click-quote.ts";
import { messageFor, nearWallet, sessionEnvironment, tokenFor } from "./support/own-wallets.ts";
import { type QuoteServer, startOneClick } from "./support/quote-servers.ts";
import { describeShapes } from "./support/shapes.ts";
import { apiKey, internalToken, type System, startSystem } from "./support/system.ts";

interface Example {
  /** The heading that it stands under: a method and a path. */
  readonly endpoint: string;
  readonly command: string;
  readonly status: string;
  readonly answer: string;
}

const text = readFileSync(join(import.meta.dirname, "../docs/api.md"), "utf8");
const examples = readExamples(text);

/** A command, its status, and its answer, each in its place: an example that is written otherwise is not one. */
function readExamples(markdown: string): readonly Example[] {
  return markdown.split(/^## /m).flatMap((section) => {
    const endpoint = section.slice(0, section.indexOf("\n"));
    const found = section.matchAll(/```sh\n([\s\S]*?)```\n\n(\d{3})\n\n```(?:json)?\n([\s\S]*?)```/g);
    return [...found].map(([, command = "", status = "", answer = ""]) => ({ endpoint, command, status, answer }));
  });
}

/** `"…"` is any value, `"…": "…"` more fields, `"… and more"` more items, `…` within a text anything. */
function assertLike(actual: unknown, expected: unknown, place: string): void {
  if (expected === "…") {
    assert.notEqual(actual ?? null, null, `${place} is there`);
    return;
  }
  if (typeof expected === "string" && expected.includes("…")) {
    assert.match(String(actual), pattern(expected), place);
    return;
  }
  if (typeof expected !== "object" || expected === null) {
    assert.deepEqual(actual, expected, place);
    return;
  }
  assert.ok(typeof actual === "object" && actual !== null, `${place} is ${JSON.stringify(actual)}`);
  const names = Object.keys(expected).filter((name) => name !== "…" && Reflect.get(expected, name) !== "… and more");
  const more = names.length < Object.keys(expected).length;
  const shown = more ? names : Object.keys(actual);
  assert.deepEqual(shown.toSorted(), names.toSorted(), place);
  for (const name of names) {
    assertLike((actual as Record<string, unknown>)[name], Reflect.get(expected, name), `${place}.${name}`);
  }
}

function pattern(shown: string): RegExp {
  return new RegExp(`^${shown.trim().split("…").map(escaped).join("[\\s\\S]*")}$`);
}

function escaped(literal: string): string {
  return literal.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

interface ToSign {
  readonly verifying_contract: string;
  readonly deadline: string;
  readonly intents: readonly object[];
}

const alice = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x71)));
const bob = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x72)));
const maker = nearWallet(keyPairFromSeed(new Uint8Array(32).fill(0x73)));

describeShapes("the examples of docs/api.md", (shape) => {
  let system: System;
  let oneClick: QuoteServer;
  let directory: string;
  let requestId = "";
  let session = "";
  /** Of somebody who has signed payloads. */
  let owner: Record<string, string> = {};

  before(async () => {
    oneClick = await startOneClick();
    const environment = {
      ...sessionEnvironment,
      POLICY_ACTION_TYPES_JSON: JSON.stringify({ add_public_key: "wallet_power", remove_public_key: "wallet_power" }),
      QUOTES_1CLICK_URL: oneClick.url,
      QUOTES_1CLICK_PUBLIC_KEY: oneClickSigner.publicKey,
    };
    system = await startSystem({ shape, environment });
    const { verifier, clock } = system.devnet.controls;
    verifier.credit(alice.accountId, "nep141:wrap.near", 1_010n);
    verifier.credit(maker.accountId, "nep141:usdc.near", 401n);
    const deadlineMs = clock.now() + 600_000;
    const signed = (by: typeof alice, intent: object) =>
      JSON.stringify(by.sign(messageFor(system, by, [intent], { deadlineMs })));
    const pay = { intent: "transfer", receiver_id: "mike.near", tokens: { "nep141:wrap.near": "5" } };
    const diff = { "nep141:wrap.near": "999", "nep141:usdc.near": "-401" };
    owner = {
      OWN_SESSION: await tokenFor(alice.accountId),
      PAYLOAD: signed(alice, pay),
      PAYLOAD_TO_WITHDRAW: signed(alice, pay),
      PAYLOAD_TO_PREFLIGHT: signed(alice, pay),
      PAYLOAD_OF_ANOTHER: signed(bob, pay),
      COUNTERPARTY_SIGNED: signed(maker, { intent: "token_diff", diff }),
    };
    directory = mkdtempSync(join(tmpdir(), "api-examples-"));
    // The commands are run as they are written; curl itself is told to say the status too.
    writeFileSync(join(directory, ".curlrc"), 'write-out = "\\n%{http_code}"\n');
  });
  after(async () => {
    await system.stop();
    await oneClick.close();
    rmSync(directory, { recursive: true, force: true });
  });

  /** As the owner's wallet signs it. */
  function signedStep({ step, to_sign }: { readonly step: object; readonly to_sign: ToSign }): string {
    const message = { deadlineMs: Date.parse(to_sign.deadline), recipient: to_sign.verifying_contract };
    const payload = alice.sign(messageFor(system, alice, to_sign.intents, message));
    return JSON.stringify({ ...step, payloads: [payload] });
  }

  async function run(command: string): Promise<{ readonly status: string; readonly body: string }> {
    const env = {
      PATH: process.env.PATH,
      CURL_HOME: directory,
      GATEWAY: system.product.restUrl,
      WALLET_KEY: apiKey,
      INTERNAL_TOKEN: internalToken,
      DEVNET_CONTROL: system.devnet.controlUrl,
      REQUEST_ID: requestId,
      SESSION: session,
      ...owner,
    };
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { env });
    const end = stdout.lastIndexOf("\n");
    return { status: stdout.slice(end + 1), body: stdout.slice(0, end) };
  }

  for (const [index, { endpoint, command, status, answer }] of examples.entries()) {
    it(`${index + 1}. ${endpoint}: ${status}`, async () => {
      const actual = await run(command);
      assert.equal(actual.status, status, actual.body);
      if (!answer.startsWith("{")) {
        assert.match(actual.body.trim(), pattern(answer));
        return;
      }
      const body = JSON.parse(actual.body);
      assertLike(body, JSON.parse(answer), "$");
      requestId = body.request_id ?? requestId;
      session = body.token ?? session;
      const [quote] = body.quotes ?? [];
      if (quote?.to_sign) owner = { ...owner, SIGNED_STEP: signedStep(quote) };
    });
  }

  it("leave no command out, and no endpoint of the OpenAPI document's wallet paths", async () => {
    assert.equal(examples.length, [...text.matchAll(/^```sh$/gm)].length, "every command has a status and an answer");
    const document = (await (await fetch(`${system.product.restUrl}/openapi.json`)).json()) as {
      paths: Record<string, object>;
    };
    const documented = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = new Set(examples.map((example) => example.endpoint));
    assert.deepEqual(
      documented.filter((endpoint) => endpoint.includes("/wallet/v1/") && !shown.has(endpoint)),
      [],
    );
  });
});

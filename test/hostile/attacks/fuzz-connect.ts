import fc from "fast-check";
import type { Attack } from "../attack.ts";
import { jsonOf } from "../fuzz/json-messages.ts";
import { textsOf } from "../fuzz/json-schema.ts";
import { messagesOf } from "../fuzz/messages.ts";
import { methodsOf, pathOf } from "./bombs.ts";

const as = "hostile-fuzz";
const runs = 25;
const services = ["planner", "evidence", "signer-proxy", "broadcaster"] as const;

/** Codes in the body that say that the service failed. */
const failed = /"code":\s*"(?:internal|unknown|data_loss)"/;

export const fuzzConnect: Attack = {
  name: "fuzz-connect",
  tries:
    "makes messages of Connect by the contracts, as JSON and as protobuf, spoils some and their envelopes, with a wallet's credentials and without",
  everyMs: 1_000,
  refusals: ["200", "400", "401", "403", "404", "409", "413", "415", "429", "499", "503", "timeout"],
  async round(world) {
    const service = world.dice.pick(services);
    const method = world.dice.pick(methodsOf(service));
    const path = pathOf(method);
    const isUnary = method.methodKind === "unary";
    const json = textsOf(jsonOf(method.input)).map((text) => ({ body: Buffer.from(text), form: "json" }));
    const proto = messagesOf(method.input).map((message) => ({ body: Buffer.from(message), form: "proto" }));
    const envelopes = fc.record({
      flags: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(255) }),
      /** How much longer than it is a message says that it is. */
      more: fc.oneof(
        { weight: 9, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 31 }) },
      ),
      /** Now and then a call of one kind comes as one of the other. */
      isMixedUp: fc.oneof({ weight: 19, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
    });
    const requests = fc.tuple(fc.oneof(json, proto), envelopes, fc.boolean());
    const property = fc.asyncProperty(requests, async ([{ body, form }, { flags, more, isMixedUp }, isKnown]) => {
      if (world.isOver) return;
      const isStream = isUnary === isMixedUp;
      const answer = await world.http({
        url: world.targets.http[service] + path,
        method: "POST",
        headers: {
          ...(isKnown ? world.credentialsOf(as) : {}),
          "content-type": isStream ? `application/connect+${form}` : `application/${form}`,
          "connect-protocol-version": "1",
        },
        body: isStream ? enveloped(body, flags, more) : body,
        timeoutMs: isUnary ? 20_000 : 1_000,
      });
      if (answer.status === undefined && answer.lost !== "timeout") throw new Error(`no answer: ${answer.lost}`);
      if (failed.test(answer.text)) throw new Error(`${answer.status}: ${answer.text.slice(0, 200)}`);
    });
    const seed = world.dice.next() | 0;
    const found = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: 20_000 });
    if (!found.failed || found.counterexample === null) return;
    const [[{ body, form }, envelope, isKnown]] = found.counterexample;
    const error = String((found as { errorInstance?: unknown }).errorInstance);
    world.gotThrough(
      `${path}, fast-check seed ${seed} path ${found.counterexamplePath}, ${form} ${JSON.stringify(envelope)}, ${isKnown ? "with" : "without"} credentials: ${error}: ${body.toString("hex").slice(0, 400)}`,
    );
  },
};

function enveloped(message: Uint8Array, flags: number, more: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE((message.byteLength + more) >>> 0, 1);
  return Buffer.concat([head, message]);
}

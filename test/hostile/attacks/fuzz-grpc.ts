import fc from "fast-check";
import type { Attack } from "../attack.ts";
import { tooLate } from "../clients/h2.ts";
import { messagesOf } from "../fuzz/messages.ts";
import { methodsOf, pathOf } from "./bombs.ts";

const as = "hostile-fuzz";
const runs = 25;
const services = ["planner", "evidence", "signer-proxy", "broadcaster"] as const;

export const fuzzGrpc: Attack = {
  name: "fuzz-grpc",
  tries: "makes messages by the contracts, field by field, and spoils some, with a wallet's credentials and without",
  everyMs: 1_000,
  refusals: [
    "grpc 0",
    "grpc 1",
    "grpc 3",
    "grpc 5",
    "grpc 6",
    "grpc 7",
    "grpc 8",
    "grpc 9",
    "grpc 12",
    "grpc 14",
    "grpc 16",
    "401",
    "403",
    "429",
    "timeout",
    tooLate,
  ],
  async round(world) {
    const service = world.dice.pick(services);
    const method = world.dice.pick(methodsOf(service));
    const path = pathOf(method);
    const requests = fc.tuple(messagesOf(method.input), fc.boolean());
    const property = fc.asyncProperty(requests, async ([message, isKnown]) => {
      if (world.isOver) return;
      const headers = isKnown ? world.credentialsOf(as) : {};
      const timeoutMs = method.methodKind === "unary" ? 20_000 : 1_000;
      const { status, lost, httpStatus } = await world.grpc(service, { path, message, headers, timeoutMs });
      const isLost = status === undefined && httpStatus === undefined && lost !== "timeout" && lost !== tooLate;
      if (isLost) throw new Error(`no answer: ${lost}`);
      if (status === "2" || status === "13") throw new Error(`grpc ${status}`);
    });
    const seed = world.dice.next() | 0;
    const found = await fc.check(property, { seed, numRuns: runs, interruptAfterTimeLimit: 20_000 });
    if (!found.failed || found.counterexample === null) return;
    const [[message, isKnown]] = found.counterexample;
    const error = String((found as { errorInstance?: unknown }).errorInstance);
    world.gotThrough(
      `${path}, fast-check seed ${seed} path ${found.counterexamplePath}, ${isKnown ? "with" : "without"} credentials: ${error}: ${Buffer.from(message).toString("hex").slice(0, 400)}`,
    );
  },
};

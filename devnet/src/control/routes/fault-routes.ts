import type { ControlBody } from "../control-body.ts";
import { ControlError } from "../control-error.ts";
import type { Controls } from "../controls.ts";
import type { Fault } from "../faults.ts";
import type { Route } from "../route.ts";

/** The RPC and the keystore as a whole, faults of single calls, and the count of calls. */
export function faultRoutes({ rpc, keystore, faults, counters }: Controls): readonly Route[] {
  return [
    {
      method: "POST",
      path: "/rpc",
      run({ body }) {
        if (body.has("away")) rpc.setAway(body.flag("away"));
        if (body.has("query_errors")) rpc.setQueryErrors(body.oneOf("query_errors", "result", "error"));
        const about = { away: rpc.isAway, query_errors: rpc.queryErrors };
        if (!body.has("keep_blocks")) return about;
        const path = body.has("path") ? body.text("path") : "/";
        rpc.keepBlocks(body.any("keep_blocks") === null ? undefined : body.number("keep_blocks"), path);
        return { ...about, keep_blocks: rpc.keptBlocks(path) };
      },
    },
    {
      method: "POST",
      path: "/keystore",
      run({ body }) {
        if (body.has("readiness")) {
          keystore.setReadiness(body.oneOf("readiness", "ready", "not_ready", "waiting_for_key"));
        }
        if (body.has("delay_ms")) keystore.setDelay(body.number("delay_ms"));
        if (body.has("away")) keystore.setAway(body.flag("away"));
        return { readiness: keystore.readiness, delay_ms: keystore.delayMs, away: keystore.isAway };
      },
    },
    { method: "GET", path: "/faults", run: () => ({ faults: faults.rules }) },
    {
      method: "POST",
      path: "/faults",
      run: ({ body }) =>
        faults.add({
          target: body.has("target") ? body.oneOf("target", "rpc", "keystore") : "rpc",
          method: body.has("method") ? body.text("method") : "*",
          count: body.any("count") === null ? null : body.numberOr("count", 1),
          fault: faultOf(body),
        }),
    },
    {
      method: "DELETE",
      path: "/faults",
      run() {
        faults.clear();
      },
    },
    {
      method: "DELETE",
      path: "/faults/:id",
      run({ part }) {
        if (!faults.remove(Number(part("id")))) throw new ControlError(`there is no fault ${part("id")}`);
      },
    },
    { method: "GET", path: "/counters", run: () => counters.snapshot() },
    {
      method: "DELETE",
      path: "/counters",
      run() {
        counters.reset();
      },
    },
  ];
}

const kinds = [
  "lost",
  "delay",
  "too_many_requests",
  "server_error",
  "html",
  "reset",
  "error",
  "lag",
  "unknown_transaction",
  "arrive_late",
  "still",
  "untracked",
] as const satisfies readonly Fault["kind"][];

function faultOf(body: ControlBody): Fault {
  const kind = body.oneOf("kind", ...kinds);
  switch (kind) {
    case "delay":
      return { kind, ms: body.number("ms") };
    case "too_many_requests": {
      const isLeftOut = body.any("retry_after_secs") === null;
      return { kind, retry_after_secs: isLeftOut ? null : body.numberOr("retry_after_secs", 1) };
    }
    case "html":
      return { kind, status: body.numberOr("status", 502) };
    case "error":
      return { kind, error: body.any("error") };
    case "lag":
    case "unknown_transaction":
    case "arrive_late":
      return { kind, blocks: body.numberOr("blocks", 1) };
    case "still":
      return { kind, height: body.number("height") };
    case "untracked":
      return {
        kind,
        shards: body.numbers("shards"),
        says: body.has("says") ? body.oneOf("says", "so", "nothing") : "so",
      };
    default:
      return { kind };
  }
}

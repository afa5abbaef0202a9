import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { type Finding, finding } from "./finding.ts";

/** What a call of an account would meet. */
export type Standing = "contract" | "no_code" | "no_account";

type Standings = ReadonlyMap<string, Standing>;

/**
 * Whether every account that is called exists. A call of one that does not can only fail, and the operator would pay for
 * it.
 */
export function checkReceiversExist(calls: readonly GateCall[], standings: Standings): Finding {
  const step = calls.findIndex(({ receiverId }) => standings.get(receiverId) === "no_account");
  const id = calls[step]?.receiverId;
  return finding(id === undefined, "accounts that exist", id === undefined ? "all exist" : `${id} does not`, {
    ok: "every account that the steps call exists",
    failed: `step ${step + 1} of ${calls.length} calls ${id}, which does not exist`,
  });
}

/** The same for accounts without a contract. Those that do not exist are another check's. */
export function checkReceiversHaveCode(calls: readonly GateCall[], standings: Standings): Finding {
  const step = calls.findIndex(({ receiverId }) => standings.get(receiverId) === "no_code");
  const id = calls[step]?.receiverId;
  return finding(
    id === undefined,
    "accounts with a contract",
    id === undefined ? "none is without" : `${id} has none`,
    {
      ok: "no account that the steps call is without a contract",
      failed: `step ${step + 1} of ${calls.length} calls ${id}, which has no contract`,
    },
  );
}

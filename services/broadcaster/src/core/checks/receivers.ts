import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import { type Finding, finding } from "./finding.ts";

/** What an account offers to a call. */
export type CallTarget = "contract" | "no_code" | "no_account";

type CallTargets = ReadonlyMap<string, CallTarget>;

/** Whether every called account exists. A call of a missing one can only fail, at the operator's cost. */
export function checkReceiversExist(calls: readonly GateCall[], targets: CallTargets): Finding {
  const step = calls.findIndex(({ receiverId }) => targets.get(receiverId) === "no_account");
  const id = calls[step]?.receiverId;
  return finding(id === undefined, "accounts that exist", id === undefined ? "all exist" : `${id} does not`, {
    ok: "every account that the steps call exists",
    failed: `step ${step + 1} of ${calls.length} calls ${id}, which does not exist`,
  });
}

/** Whether every called account that exists has a contract. */
export function checkReceiversHaveCode(calls: readonly GateCall[], targets: CallTargets): Finding {
  const step = calls.findIndex(({ receiverId }) => targets.get(receiverId) === "no_code");
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

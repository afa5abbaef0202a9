import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PreflightSchema } from "@outlayer/contracts/outlayer/workflow/v1/preflight";
import { DeadlineExceeded, type Logger } from "@outlayer/kit";
import { RpcUnavailable, ViewFailed } from "../../core/ports/near-node.ts";
import { ApprovalsMissing, KeystoreRefused, KeystoreUnavailable } from "../../core/ports/signer.ts";
import { waitingTexts } from "../../core/workflow/waiting-texts.ts";
import { type Check, type Made, makeChecks, NotMade } from "./check.ts";
import type { GateReadings } from "./gate-readings.ts";

export type PreflightInit = Exclude<MessageInitShape<typeof PreflightSchema>, { readonly $typeName: string }>;

/** Makes the checks and sums up their findings. A check that cannot be made fails, and says why. */
export async function runChecks<R extends GateReadings>(
  checks: readonly Check<R>[],
  readings: R,
  { signal, logger }: { readonly signal: AbortSignal; readonly logger: Logger },
): Promise<PreflightInit & { readonly ready: boolean }> {
  const made = await makeChecks(checks, readings, signal);
  const shown = made.map((one) => shownCheck(one, logger));
  const failing = shown.filter((check) => !check.ok && check.class !== "advisory");
  const rpc = made.find(({ check }) => check.name === "rpc");
  const finalHeight = rpc !== undefined && "finding" in rpc ? (await readings.head()).height : 0;
  return {
    ready: failing.length === 0,
    abortReasons: failing.map(({ name }) => name),
    checks: shown,
    finalHeight: BigInt(finalHeight),
  };
}

function shownCheck<R>(made: Made<Check<R>>, logger: Logger) {
  const { name, class: usual } = made.check;
  if ("error" in made) {
    const message = `not checked: ${whyNot(made.error, name, logger)}`;
    return { name, class: usual, ok: false, expected: "", actual: "", message };
  }
  const { class: special, ...finding } = made.finding;
  return { name, class: special ?? usual, ...finding };
}

/** Why a check could not be made. An unforeseen error goes to the log alone: its text could name hosts. */
function whyNot(error: unknown, name: string, logger: Logger): string {
  if (error instanceof RpcUnavailable) return waitingTexts.rpc_unavailable;
  if (error instanceof KeystoreUnavailable) return waitingTexts.keystore_unavailable;
  if (error instanceof NotMade || error instanceof KeystoreRefused || error instanceof ApprovalsMissing) {
    return error.message;
  }
  if (error instanceof ViewFailed) return error.message;
  if (error instanceof DeadlineExceeded) return "no answer in time";
  logger.error({ err: error, check: name }, "a check could not be made");
  return "internal error";
}

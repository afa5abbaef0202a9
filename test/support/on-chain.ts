import { gateTrace } from "./chain-dump.ts";
import type { System } from "./system.ts";

/** Steps stay possible until their payloads' deadline. */
export const deadlineOnly = { SETTLE_BY_CANCEL: "false" };

/** Waits until the product has handed in that many transactions. */
export async function sends(system: System, count: number): Promise<void> {
  const { counters } = system.devnet.controls;
  while ((counters.snapshot().rpc.send_tx ?? 0) < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const dispatches = (system: System) =>
  gateTrace(system.devnet).filter(({ ev }) => ev === "intent_dispatched").length;

/** What was changed by hand at the head is seen at the final block after this. */
export function makeFinal({ devnet }: System): void {
  devnet.controls.blocks.mine({ blocks: 3 });
}

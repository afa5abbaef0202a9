import type { System } from "./system.ts";

/** What the operator's accounts hold, in yoctoNEAR. */
export function operatorsNear({ devnet }: System): bigint {
  const balanceOf = (id: string) => devnet.controls.accounts.get(id)?.amount ?? 0n;
  return balanceOf(devnet.relayer.accountId) + balanceOf(devnet.approver.accountId);
}

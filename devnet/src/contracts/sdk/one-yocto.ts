import type { Env } from "../../contract.ts";
import { require } from "./panic.ts";

/** Proof that a full access key signed: function-call keys cannot attach a deposit. */
export function assertOneYocto(env: Env): void {
  require(env.deposit === 1n, "Requires attached deposit of exactly 1 yoctoNEAR");
}

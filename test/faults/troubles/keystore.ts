import { setTimeout as sleep } from "node:timers/promises";
import type { Trouble } from "./trouble.ts";

/** From before the workflow is posted on. */
export const keystoreAway = (ms: number): Trouble => ({
  name: "the keystore is away",
  before: ({ system }) => system.devnet.controls.keystore.setAway(true),
  async during({ system }) {
    await sleep(ms);
    system.devnet.controls.keystore.setAway(false);
  },
});

export const keystoreNotReady = (ms: number): Trouble => ({
  name: "the keystore is not ready",
  before: ({ system }) => system.devnet.controls.keystore.setReadiness("not_ready"),
  async during({ system }) {
    await sleep(ms);
    system.devnet.controls.keystore.setReadiness("ready");
  },
});

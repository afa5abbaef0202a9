import assert from "node:assert/strict";
import type { DirectUserState } from "../src/core/direct-user/state.ts";
import type { EventInit } from "../src/core/workflow/action.ts";
import { DirectUserHandler, type DirectUserNeeds } from "../src/shell/direct-user/direct-user-handler.ts";
import type { OpenLog } from "../src/shell/log/log-driver.ts";
import { allowed, directUserState, prepared, taken } from "./core/direct-user-builder.ts";

/** As the driver's own: its methods need it. */
class WatchedLog implements OpenLog<DirectUserState> {
  readonly state: DirectUserState;
  readonly stopping = new AbortController().signal;
  readonly appended: EventInit[] = [];
  waits = 0;

  constructor(state: DirectUserState) {
    this.state = state;
  }

  readonly append = async (event: EventInit) => void this.appended.push(event);

  async nextChange(): Promise<void> {
    this.waits += 1;
  }

  async changeOf(): Promise<void> {
    this.waits += 1;
  }
}

describe("the count after a direct-user call", () => {
  const resolved: EventInit = {
    case: "directUserCallResolved",
    value: { txHash: "t1", status: "success", blockHeight: 1000n },
  };

  async function measuredAt(height: number): Promise<WatchedLog> {
    const node = { view: async () => ({ value: 5, height }) };
    const handler = new DirectUserHandler("r", { node } as unknown as DirectUserNeeds);
    const log = new WatchedLog(directUserState([taken, allowed, prepared("t1"), resolved]));
    await handler.perform({ kind: "measure" }, log);
    return log;
  }

  it("is waited for where a node lags behind the call's own block", async () => {
    const { waits, appended } = await measuredAt(999);
    assert.deepEqual([waits, appended], [1, []]);
  });

  it("is recorded once a node shows that block", async () => {
    const { waits, appended } = await measuredAt(1000);
    assert.deepEqual([waits, appended.map((event) => event.case)], [0, ["directUserCallMeasured"]]);
  });
});

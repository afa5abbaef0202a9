import { openSqliteStore } from "../../services/evidence/src/adapters/sqlite/store.ts";
import type { Entry } from "../../services/evidence/src/core/entry.ts";
import type { Lease } from "../../services/evidence/src/core/lease.ts";
import { eventOf } from "../../services/evidence/src/core/record.ts";
import { dust, three } from "../../test/support/steps.ts";
import { BenchSystem } from "./bench-system.ts";
import { embeddedShape, endedWorkflows, ids } from "./way-in.ts";

/** Logs that the product itself has written. */
export interface Templates {
  /** One ended workflow of each wallet that the calls are measured with, in the order of `ids`. */
  readonly read: readonly (readonly Entry[])[];
  /** A request that the planner refused. */
  readonly ended: readonly Entry[];
  /** Workflows that wait for the gate, one of each wallet. */
  readonly open: readonly (readonly Entry[])[];
  /** The broadcaster's lease as it was left: the next term has the next epoch. */
  readonly lease: Lease;
}

/** Wallets of the open workflows. They have enough to be carried out, so that they wait for the gate and do not end. */
export const openWallets = Array.from({ length: 32 }, (_, index) => `open-${index + 1}`);

/** What stands in the log of a workflow that waits for the gate. */
const beforeAdmission = ["opened", "taken", "policyAllowed", "waiting"];
const patienceMs = 60_000;

/** Runs the product on an evidence file of its own, and takes the logs from there. */
export async function writeTemplates(path: string, blockMs: number): Promise<Templates> {
  const system = await BenchSystem.start(blockMs, { DATABASE_URL: `sqlite:${path}` });
  const read: string[] = [];
  const open: string[] = [];
  let ended: string;
  try {
    await system.fundOperator();
    for (const walletId of [...ids, ...openWallets]) await system.fund(walletId);
    // What was changed by hand is final then.
    await system.control("POST", "/mine", { blocks: 3 });
    read.push(...(await endedWorkflows(embeddedShape(system))));
    const refused = await system.rest("ended-1").execute([dust, { ...dust, amount: "-5" }]);
    if (refused.body.status !== "rejected") throw new Error(`not refused: ${JSON.stringify(refused.body)}`);
    ended = refused.body.request_id;
    // The first ones go to the gate at once.
    const started: string[] = [];
    for (let round = 0; round < 2; round += 1)
      for (const walletId of openWallets) started.push(await system.rest(walletId).begin(three));
    open.push(...started.slice(-openWallets.length));
    for (const [index, requestId] of open.entries()) {
      const rest = system.rest(openWallets[index] ?? "");
      await rest.until(requestId, ({ queue }) => queue?.waiting_for === "turn", patienceMs);
    }
  } finally {
    await system.stop();
  }
  const store = openSqliteStore(path);
  try {
    const logs = await Promise.all(open.map((requestId) => store.read(requestId, 0)));
    const waiting = logs.map((log) => log.slice(0, log.findLastIndex((entry) => kindOf(entry) === "waiting") + 1));
    const other = waiting.flat().find((entry) => !beforeAdmission.includes(kindOf(entry)));
    if (other !== undefined) throw new Error(`workflow ${other.requestId} did not wait: it has ${kindOf(other)}`);
    const lease = await store.readLease(`gate:${system.info.gate_id}`);
    if (lease === undefined) throw new Error("nobody drove");
    return {
      lease,
      read: await Promise.all(read.map((requestId) => store.read(requestId, 0))),
      ended: await store.read(ended, 0),
      open: waiting,
    };
  } finally {
    await store.close();
  }
}

function kindOf(entry: Entry): string {
  return eventOf(entry).kind.case ?? "";
}

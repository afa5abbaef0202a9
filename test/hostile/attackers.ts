import { type ChildProcess, fork } from "node:child_process";
import { constants, getPriority, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { add, emptyTally, type Tally } from "./tally.ts";
import type { Order, Report, Targets } from "./targets.ts";

const main = fileURLToPath(new URL("attacker.ts", import.meta.url));

/** How much lower the priority of attackers is than that of this process. */
const behindTheServices = 14;

/** Processes that attack, and what they have seen so far. */
export class Attackers {
  readonly tally: Tally = emptyTally();
  readonly #processes: readonly ChildProcess[];

  /** @param carry brings payloads to the verifier @param firstRound of every attack: another than 1 to play one again */
  constructor(targets: Targets, carry: (payloads: readonly unknown[]) => string | null, count: number, firstRound = 1) {
    this.#processes = Array.from({ length: count }, () => {
      const child = fork(main, [JSON.stringify(targets), String(firstRound)], {
        execArgv: ["--disable-warning=ExperimentalWarning"],
        stdio: ["ignore", "inherit", "inherit", "ipc"],
      });
      // Attackers have machines of their own: what they cost by themselves is to take nothing from the services.
      const priority = Math.min(constants.priority.PRIORITY_LOW, getPriority() + behindTheServices);
      if (child.pid !== undefined) setPriority(child.pid, priority);
      child.on("message", (report: Report) => {
        if (report.kind === "tally") add(this.tally, report.tally);
        if (report.kind === "carry") order(child, { kind: "carried", id: report.id, error: carry(report.payloads) });
      });
      return child;
    });
  }

  /** Tells them of honest wallets' records. */
  tellOf(requestIds: readonly string[]): void {
    for (const child of this.#processes) order(child, { kind: "honest", requestIds });
  }

  /** Has all attacks of these names made until then, each by one of the processes. */
  async attack(names: readonly string[], untilMs: number): Promise<void> {
    const shares = this.#processes.map((child, index) => ({
      child,
      names: names.filter((_, at) => at % this.#processes.length === index),
    }));
    await Promise.all(shares.map(({ child, names }) => carriedOut(child, { kind: "attack", names, untilMs })));
  }

  /** Has one request made that could hold up a loop, and waits until it is over. */
  async hold(name: string): Promise<void> {
    const [first] = this.#processes;
    if (first !== undefined) await carriedOut(first, { kind: "hold", name });
  }

  stop(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
  }
}

function order(child: ChildProcess, what: Order): void {
  child.send(what);
}

/** @throws Error where the process ends instead */
function carriedOut(child: ChildProcess, what: Order): Promise<void> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => {
      child.off("message", heard);
      reject(new Error(`a process of the harness ended with ${code}`));
    };
    const heard = (report: Report) => {
      if (report.kind !== "done") return;
      child.off("message", heard).off("exit", ended);
      resolve();
    };
    child.on("message", heard).once("exit", ended);
    order(child, what);
  });
}

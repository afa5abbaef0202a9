import type { Ports } from "../ports.ts";
import { type HttpAnswer, textAnswer } from "./http-server.ts";

/** A fault of a call. The last six are for the RPC only. */
export type Fault =
  /** The call is carried out, and the connection breaks before the answer. */
  | { readonly kind: "lost" }
  | { readonly kind: "delay"; readonly ms: number }
  /** 429, with `Retry-After` unless that is null. */
  | { readonly kind: "too_many_requests"; readonly retry_after_secs: number | null }
  /** 500. */
  | { readonly kind: "server_error" }
  /** An HTML page where JSON is expected, with this status. */
  | { readonly kind: "html"; readonly status: number }
  /** The connection breaks before the call is carried out. */
  | { readonly kind: "reset" }
  /** A JSON-RPC error as it is given here: `name`, `cause`, `code`, `message`, `data`. */
  | { readonly kind: "error"; readonly error: unknown }
  /** The answer of a node that lags by this many blocks. */
  | { readonly kind: "lag"; readonly blocks: number }
  /** A transaction stays unknown for this many blocks after its inclusion. */
  | { readonly kind: "unknown_transaction"; readonly blocks: number }
  /** A send is answered at once and arrives this many blocks later, behind later ones. */
  | { readonly kind: "arrive_late"; readonly blocks: number }
  /** The answer of a node that stands still: its head is the newest block up to this height. */
  | { readonly kind: "still"; readonly height: number }
  /** A node that is not on these shards. Of their transactions it says so, or gives an answer without outcomes; it passes sends on. */
  | { readonly kind: "untracked"; readonly shards: readonly number[]; readonly says: "so" | "nothing" };

export type FaultTarget = "rpc" | "keystore";

export interface FaultRule {
  readonly id: number;
  readonly target: FaultTarget;
  /** An RPC method, one with its request type (`query:view_account`), `POST <path>` of the RPC, a keystore path, or `*`. */
  readonly method: string;
  /** Number of calls left to affect; null for all. */
  readonly count: number | null;
  readonly fault: Fault;
}

/** The planned faults. A call gets all that match it, and uses up one of each. */
export class FaultPlan {
  #rules: FaultRule[] = [];
  readonly #delays = new Set<() => void>();
  #lastId = 0;

  get rules(): readonly FaultRule[] {
    return this.#rules;
  }

  add(rule: Omit<FaultRule, "id">): FaultRule {
    this.#lastId += 1;
    const added = { id: this.#lastId, ...rule };
    this.#rules = [...this.#rules, added];
    return added;
  }

  /** @returns whether there was such a rule */
  remove(id: number): boolean {
    const before = this.#rules.length;
    this.#rules = this.#rules.filter((rule) => rule.id !== id);
    return this.#rules.length < before;
  }

  clear(): void {
    this.#rules = [];
  }

  /** Waits out a delay, or until the devnet is closed. */
  delay(ports: Ports, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#delays.delete(end);
        resolve();
      };
      const cancel = ports.after(ms, end);
      this.#delays.add(end);
    });
  }

  /** Ends all delays: a timer of one would keep the process alive. */
  close(): void {
    for (const end of [...this.#delays]) end();
  }

  /** Takes the faults for a call with these names. */
  take(target: FaultTarget, names: readonly string[]): Fault[] {
    const fits = (rule: FaultRule) => rule.target === target && (rule.method === "*" || names.includes(rule.method));
    const taken = this.#rules.filter(fits);
    this.#rules = this.#rules
      .map((rule) => (fits(rule) && rule.count !== null ? { ...rule, count: rule.count - 1 } : rule))
      .filter((rule) => rule.count !== 0);
    return taken.map((rule) => rule.fault);
  }
}

/** Answers a call under the faults that any server can have. */
export async function underFaults(
  plan: FaultPlan,
  faults: readonly Fault[],
  ports: Ports,
  work: () => Promise<HttpAnswer>,
): Promise<HttpAnswer> {
  for (const fault of faults) if (fault.kind === "delay") await plan.delay(ports, fault.ms);
  for (const fault of faults) {
    const instead = answerInstead(fault);
    if (instead !== undefined) return instead;
  }
  if (!faults.some(({ kind }) => kind === "lost")) return work();
  // Whatever it would have waited for, the caller hears nothing of it.
  work().catch(() => {});
  return "reset";
}

function answerInstead(fault: Fault): HttpAnswer | undefined {
  switch (fault.kind) {
    case "reset":
      return "reset";
    case "too_many_requests": {
      const after = fault.retry_after_secs;
      return { status: 429, headers: after === null ? {} : { "retry-after": `${after}` }, body: "Too Many Requests" };
    }
    case "server_error":
      return textAnswer(500, "Internal Server Error");
    case "html":
      return {
        status: fault.status,
        headers: { "content-type": "text/html" },
        body: "<html><body>Sorry</body></html>",
      };
    default:
      return undefined;
  }
}

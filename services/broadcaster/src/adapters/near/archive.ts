import { type Recall, type RecallWanted, RpcUnavailable } from "../../core/ports/near-node.ts";
import { recallOf } from "./recall.ts";
import type { RpcCall, RpcClient } from "./rpc-client.ts";

/** Blocks for which the archive's answer is waited for. */
const waitsFor = 200;

/** Nodes that keep everything. They are asked only for what the other endpoints have forgotten. */
export class Archive {
  readonly #rpc: RpcClient;
  /** Final height at the first question since the last answer. */
  #silentSince: number | undefined;

  constructor(rpc: RpcClient) {
    this.#rpc = rpc;
  }

  /**
   * What the archive remembers of a transaction. An archive that has been away for 200 blocks counts as one that has forgotten it.
   * @throws RpcUnavailable while it is away
   */
  async recall(wanted: RecallWanted): Promise<Recall> {
    try {
      const answer = await this.ask((call) => recallOf(call, wanted));
      this.#silentSince = undefined;
      if (answer.kind === "unknown") return { ...answer, isCorroborated: true };
      return answer.kind === "behind" || answer.kind === "silent" ? { kind: "untold" } : answer;
    } catch (error) {
      if (!(error instanceof RpcUnavailable)) throw error;
      this.#silentSince ??= wanted.at;
      if (wanted.at < this.#silentSince + waitsFor) throw error;
      return { kind: "forgotten" };
    }
  }

  /** Asks the first of its nodes that answers. @throws RpcUnavailable when none does */
  ask<T>(question: (call: RpcCall) => Promise<T>): Promise<T> {
    return question((method, params) => this.#rpc.call(method, params));
  }
}

import { isDeepStrictEqual } from "node:util";
import type { PostView } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { PostViewResult } from "@outlayer/contracts/outlayer/workflow/v1/record";
import { KeyedMutex, type Ports, Turnstile } from "@outlayer/kit";
import { partyOf } from "@outlayer/workflow";
import { cutError } from "../../core/chain/cut-text.ts";
import type { ForeignView, NearNode } from "../../core/ports/near-node.ts";
import { foreignAnswerBytes } from "../../core/ports/near-node.ts";

/** Views under way at once, of all wallets. The product's own reads do not count and do not wait. */
const atOnce = 8;

/** Time for all views of one workflow, in times for one answer. A view that is not asked by then counts as unanswered. */
const workflowAnswers = 5;

export type ViewResult = Omit<PostViewResult, "$typeName">;

/**
 * Runs the views that callers want after their batches. Such contracts are anybody's: they answer hugely, slowly, or never. So
 * each answer is bounded in bytes, time and tries, a wallet has one view under way, and wallets take turns.
 */
export class ForeignViews {
  readonly #node: Pick<NearNode, "foreignView" | "block">;
  readonly #ports: Pick<Ports, "clock">;
  readonly #workflowMs: number;
  readonly #wallets = new KeyedMutex();
  readonly #places = new Turnstile(atOnce);

  /** @param answerMs time for one answer, milliseconds */
  constructor(node: Pick<NearNode, "foreignView" | "block">, ports: Pick<Ports, "clock">, answerMs: number) {
    this.#node = node;
    this.#ports = ports;
    this.#workflowMs = workflowAnswers * answerMs;
  }

  /**
   * @param views each with its place in the request
   * @returns their results, by place
   * @throws RpcUnavailable; the signal's reason
   */
  run(
    walletId: string,
    views: readonly (readonly [number, PostView])[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<number, ViewResult>> {
    return this.#wallets.run(walletId, async () => {
      const results = new Map<number, ViewResult>();
      let leftMs = this.#workflowMs;
      for (const [index, view] of views) {
        signal.throwIfAborted();
        if (leftMs <= 0) {
          results.set(index, resultOf(view, { kind: "no_answer" }));
          continue;
        }
        const { answer, tookMs } = await this.#places.pass("usual", () => this.#ask(view), {
          party: partyOf(walletId),
          signal,
        });
        leftMs -= tookMs;
        results.set(index, resultOf(view, answer));
      }
      return results;
    });
  }

  async #ask({ contractId, methodName, argsJson }: PostView): Promise<{ answer: ForeignView; tookMs: number }> {
    const begun = this.#ports.clock.now();
    const answer = await this.#node.foreignView(contractId, methodName, argsJson);
    // If no endpoint answers at all, the contract is not to blame: then this call throws.
    if (answer.kind === "no_answer") await this.#node.block({ finality: "final" });
    return { answer, tookMs: this.#ports.clock.now() - begun };
  }
}

function resultOf({ contractId, methodName, expectJson }: PostView, answer: ForeignView): ViewResult {
  const asked = { contractId, methodName, blockHeight: 0n, outcome: answer.kind };
  switch (answer.kind) {
    case "answered": {
      const known = { ...asked, resultJson: answer.text, blockHeight: BigInt(answer.height) };
      if (expectJson === undefined) return known;
      return { ...known, matches: isDeepStrictEqual(answer.value, JSON.parse(expectJson)) };
    }
    case "failed":
      return { ...asked, error: cutError(answer.text), ...(expectJson === undefined ? {} : { matches: false }) };
    // The answer is not known, so neither is whether it matches the expected one.
    case "too_large":
      return { ...asked, error: `its answer is longer than ${foreignAnswerBytes} bytes, or nested too deep` };
    case "no_answer":
      return { ...asked, error: "it gave no answer in time" };
    default:
      return answer satisfies never;
  }
}

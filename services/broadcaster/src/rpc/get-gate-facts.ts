import type { GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { type Clock, notFound, unavailable } from "@outlayer/kit";
import { RpcUnavailable, ViewFailed } from "../adapters/near/rpc-error.ts";
import type { FeeTier } from "../core/gate/terms.ts";
import type { GateReader } from "../shell/gate-reader.ts";

/** Plans may be a little behind the gate's terms: execution reads them again. */
const keepMs = 10_000;

/** What a plan has to know of the gate. */
export class GateFacts {
  readonly #gate: GateReader;
  readonly #clock: Clock;
  #kept: { readonly tiers: readonly FeeTier[]; readonly untilMs: number } | undefined;

  constructor(gate: GateReader, clock: Clock) {
    this.#gate = gate;
    this.#clock = clock;
  }

  async get({ gateId }: GetGateFactsRequest) {
    if (gateId !== this.#gate.gateId) throw notFound(`gate ${gateId} is not served here`);
    const tiers = await this.#tiers();
    return { feeTiers: tiers.map(({ cap, feeYocto }) => ({ cap, feeYocto: feeYocto.toString() })) };
  }

  async #tiers(): Promise<readonly FeeTier[]> {
    const now = this.#clock.now();
    if (this.#kept !== undefined && now < this.#kept.untilMs) return this.#kept.tiers;
    try {
      const tiers = await this.#gate.feeTiers();
      this.#kept = { tiers, untilMs: now + keepMs };
      return tiers;
    } catch (error) {
      if (error instanceof RpcUnavailable || error instanceof ViewFailed)
        throw unavailable("NEAR's RPC does not answer");
      throw error;
    }
  }
}

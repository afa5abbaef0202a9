import type { GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { type Clock, notFound, unavailable } from "@outlayer/kit";
import { RpcUnavailable, ViewFailed } from "../adapters/near/rpc-error.ts";
import type { BroadcasterConfig } from "../config.ts";
import { resumeGasFor } from "../core/gate/money.ts";
import type { FeeTier } from "../core/gate/terms.ts";
import type { GateReader } from "../shell/gate-reader.ts";

/** Plans may be a little behind the gate's terms, which rarely change: execution reads them again. */
const keepMs = 60_000;

type GasConfig = Pick<BroadcasterConfig, "submitIntentGas" | "gateCallbackGas" | "resumeBatchGas">;

/** What a plan has to know of the gate. */
export class GateFacts {
  readonly #gate: GateReader;
  readonly #clock: Clock;
  readonly #config: GasConfig;
  #kept: { readonly tiers: readonly FeeTier[]; readonly untilMs: number } | undefined;

  constructor(gate: GateReader, clock: Clock, config: GasConfig) {
    this.#gate = gate;
    this.#clock = clock;
    this.#config = config;
  }

  async get({ gateId }: GetGateFactsRequest) {
    if (gateId !== this.#gate.gateId) throw notFound(`gate ${gateId} is not served here`);
    const tiers = await this.#tiers();
    const feeTiers = tiers.map(({ cap, feeYocto }) => ({
      cap,
      feeYocto: feeYocto.toString(),
      resumeGas: resumeGasFor(cap, this.#config.resumeBatchGas).toString(),
    }));
    return { feeTiers, submitGas: (this.#config.submitIntentGas + this.#config.gateCallbackGas).toString() };
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

import type { GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { notFound, unavailable } from "@outlayer/kit";
import type { BroadcasterConfig } from "../config.ts";
import { resumeGasFor } from "../core/gate/money.ts";
import type { FeeTier } from "../core/gate/terms.ts";
import { RpcUnavailable, ViewFailed } from "../core/ports/near-node.ts";
import type { GateReader } from "../shell/gate/gate-reader.ts";

type GasConfig = Pick<BroadcasterConfig, "submitIntentGas" | "gateCallbackGas" | "resumeBatchGas">;

/** The gate's terms, as plans need them. */
export class GateFacts {
  readonly #gate: GateReader;
  readonly #config: GasConfig;

  constructor(gate: GateReader, config: GasConfig) {
    this.#gate = gate;
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
    try {
      return await this.#gate.recentFeeTiers();
    } catch (error) {
      if (error instanceof RpcUnavailable || error instanceof ViewFailed)
        throw unavailable("NEAR's RPC does not answer");
      throw error;
    }
  }
}

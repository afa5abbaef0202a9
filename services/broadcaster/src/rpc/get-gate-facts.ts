import type { GetGateFactsRequest } from "@outlayer/contracts/outlayer/broadcaster/v1/broadcaster";
import { notFound, unavailable } from "@outlayer/kit";
import type { DriverConfig } from "../config.ts";
import { resumeGasFor } from "../core/gate/money.ts";
import type { FeeTier } from "../core/gate/terms.ts";
import { RpcUnavailable, ViewFailed } from "../core/ports/near-node.ts";
import type { GateReader } from "../shell/gate/gate-reader.ts";

type GasConfig = Pick<DriverConfig, "submitIntentGas" | "gateCallbackGas" | "resumeBatchGas">;

/** The gates' terms, as plans need them. */
export class GateFacts {
  readonly #gates: () => readonly GateReader[];
  readonly #config: GasConfig;

  constructor(gates: () => readonly GateReader[], config: GasConfig) {
    this.#gates = gates;
    this.#config = config;
  }

  async get({ gateId }: GetGateFactsRequest) {
    const gate = this.#gates().find((one) => one.gateId === gateId);
    if (gate === undefined) throw notFound(`gate ${gateId} is not served here`);
    const tiers = await tiersOf(gate);
    const feeTiers = tiers.map(({ cap, feeYocto }) => ({
      cap,
      feeYocto: feeYocto.toString(),
      resumeGas: resumeGasFor(cap, this.#config.resumeBatchGas).toString(),
    }));
    return { feeTiers, submitGas: (this.#config.submitIntentGas + this.#config.gateCallbackGas).toString() };
  }
}

async function tiersOf(gate: GateReader): Promise<readonly FeeTier[]> {
  try {
    return await gate.recentFeeTiers();
  } catch (error) {
    if (error instanceof RpcUnavailable || error instanceof ViewFailed) throw unavailable("NEAR's RPC does not answer");
    throw error;
  }
}

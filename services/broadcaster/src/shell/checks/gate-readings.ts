import type { GateCall } from "@outlayer/contracts/outlayer/workflow/v1/call";
import type { DriverConfig } from "../../config.ts";
import type { KeysSeen } from "../../core/gate/access-key.ts";
import { emptyPurse, lockedBy, needsOf, type Purse, resumeGasFor, stakeOf, without } from "../../core/gate/money.ts";
import { type Resumption, resumesOf } from "../../core/gate/resumption.ts";
import type { TailHolder } from "../../core/gate/tail.ts";
import { type Agreement, feeOf } from "../../core/gate/terms.ts";
import type { Block, NearNode } from "../../core/ports/near-node.ts";
import type { GateReader } from "../gate/gate-reader.ts";
import type { KeptAnswers } from "./kept-answers.ts";
import { once } from "./once.ts";

/** The part of the configuration that says how the gate is used. No keys. */
export type GateTermsConfig = Pick<
  DriverConfig,
  | "chainId"
  | "relayerId"
  | "approverId"
  | "gateFeeYocto"
  | "gateMaxFeeYocto"
  | "submitIntentGas"
  | "gateCallbackGas"
  | "resumeBatchGas"
  | "gateCodeHash"
  | "gateOwnerId"
>;

/** A run that is asked about. */
export interface Run {
  /** Empty for no run in particular: then one call of a chain, without a deposit, is assumed. */
  readonly calls: readonly GateCall[];
  readonly resumption: Resumption;
  /** The run would be resumed singly, rather than wait for a stuck gate. */
  readonly mayOverflow?: boolean;
}

/** No run in particular: what a chain would find. */
export const anyRun: Run = { calls: [], resumption: "chain" };

export interface TailSeen {
  readonly tail: readonly string[];
  readonly holder: TailHolder;
}

/** Sources of what the checks of gate and operator judge. Each rejects where it has no answer. */
export interface GateSources {
  readonly config: GateTermsConfig;
  readonly node: NearNode;
  readonly gate: GateReader;
  /** The final block. */
  readonly head: () => Promise<Block>;
  /** How far the host's clock is ahead of the chain's, milliseconds. */
  readonly clockAheadMs: () => Promise<number>;
  readonly relayerKeys: () => Promise<KeysSeen>;
  readonly approverKeys: () => Promise<KeysSeen>;
  readonly tail: () => Promise<TailSeen>;
  /** The part of the balances promised to runs that have not taken it yet; undefined where none is known. */
  readonly committed?: () => Purse;
  /** The part of such promises taken from the balances, or given back, since this process began. */
  readonly spent?: () => Purse;
  /** Whether a delegate is one of our own. */
  readonly isOurs: (senderId: string, nonce: bigint) => boolean;
  /** Answers shared with other runs; undefined: everything is read as it is now. */
  readonly kept?: KeptAnswers;
}

/**
 * Blocks for which admissions share readings of gate and operator, about as long as an answer of policy is good. Some blocks lie
 * between an admission and its resume in any case, and the resume meets the gate's terms as they are then: a fee too low is
 * refused and given back.
 */
const keepBlocks = 100;

/**
 * Readings for the checks of gate and operator, each made once and only where a check asks for it.
 */
export class GateReadings {
  readonly sources: GateSources;
  readonly asked: Run;
  #isPartlyKept = false;

  constructor(sources: GateSources, run: Run) {
    this.sources = sources;
    this.asked = run;
  }

  get calls(): readonly GateCall[] {
    return this.asked.calls;
  }

  readonly head = once(() => this.sources.head());
  readonly codeHash = once(() => this.sources.node.codeHash(this.sources.gate.gateId));
  readonly owner = once(() => this.sources.gate.owner());
  readonly terms = once(() => {
    const { gate, kept } = this.sources;
    return this.keep("terms", keepBlocks, () => {
      const mayBeRecent = kept !== undefined;
      // A reading that refuses a run must be made for that run.
      if (mayBeRecent && gate.hasRecentFeeTiers) this.#isPartlyKept = true;
      return gate.terms(this.agreed.relayerId, mayBeRecent);
    });
  });
  readonly tail = once(() => this.sources.tail());
  readonly othersPending = once(() => this.sources.gate.countPending((id, nonce) => !this.sources.isOurs(id, nonce)));
  readonly #funds = once(() => {
    const { gate, spent } = this.sources;
    return this.keep("funds", keepBlocks, async () => {
      // Read before the balances: an amount spent while they are read counts twice then, rather than not at all.
      const spentBefore = spent?.() ?? emptyPurse;
      return { ...(await gate.funds(this.agreed.relayerId, this.agreed.approverId)), spentBefore };
    });
  });
  readonly purse = once(async () => {
    const { committed, spent } = this.sources;
    const seen = await this.#funds();
    const sinceThen = without(spent?.() ?? emptyPurse, seen.spentBefore);
    const purse = without(seen.purse, sinceThen);
    return committed === undefined ? purse : without(purse, committed());
  });
  readonly relayerKeys = once(() => this.sources.relayerKeys());
  readonly approverKeys = once(() => this.sources.approverKeys());

  /** Whether some readings were made for another run, up to some blocks ago. */
  get isPartlyKept(): boolean {
    return this.#isPartlyKept;
  }

  protected keep<T>(name: string, blocks: number, read: () => Promise<T>): Promise<T> {
    const { kept } = this.sources;
    if (kept === undefined) return read();
    if (kept.has(name)) this.#isPartlyKept = true;
    return kept.read(name, blocks, read);
  }

  get agreed(): Agreement {
    const { relayerId, approverId, gateFeeYocto, gateMaxFeeYocto } = this.sources.config;
    return { relayerId, approverId, firstTierFeeYocto: gateFeeYocto, maxFeeYocto: gateMaxFeeYocto };
  }

  /** Number of calls to be paid for. */
  get callCount(): number {
    return Math.max(this.calls.length, 1);
  }

  /** How many resumes there are, and how many calls each names. */
  get resumes() {
    return resumesOf(this.callCount, this.asked.resumption);
  }

  /** e.g. `a run of 3 calls` */
  get run(): string {
    const { length } = this.calls;
    if (length === 0) return "one call of a chain of up to 3";
    return length === 1 ? "a run of 1 call" : `a run of ${length} calls`;
  }

  /** yoctoNEAR that the gate asks for each resume; the agreed fee of the first tier where the gate takes no chain as long. */
  async fee(): Promise<bigint> {
    return feeOf(await this.terms(), this.resumes.of) ?? this.agreed.firstTierFeeYocto;
  }

  /** What the run locks and costs, by account. yoctoNEAR. */
  async needs() {
    const { submitIntentGas, gateCallbackGas, resumeBatchGas } = this.sources.config;
    const costs = {
      gasPrice: (await this.head()).gasPrice,
      submitGas: submitIntentGas + gateCallbackGas,
      resumeGas: resumeBatchGas,
    };
    const deposits = this.calls.length === 0 ? [0n] : this.calls.map(({ deposit }) => BigInt(deposit));
    return needsOf(deposits, await this.fee(), costs, this.resumes, (await this.#funds()).gateBytes);
  }

  /** The part of the needs that the run itself will take, without what the gate's state of now locks. */
  async owes(): Promise<Purse> {
    const gate = this.calls.reduce((sum, { deposit }) => sum + BigInt(deposit), stakeOf(this.calls.length));
    return { ...(await this.needs()), gate };
  }

  /** What the relayer's key is needed for: the submissions, all of which one key signs. */
  relayerUse() {
    const { gate, config } = this.sources;
    const gasYocto = BigInt(this.callCount) * lockedBy(config.submitIntentGas + config.gateCallbackGas);
    return { receiverId: gate.gateId, methodName: "submit_intent", depositYocto: 0n, gasYocto };
  }

  /** What the approver's key is needed for: the resumes. */
  approverUse() {
    const { gate, config } = this.sources;
    const { count, of } = this.resumes;
    const gasYocto = BigInt(count) * lockedBy(resumeGasFor(of, config.resumeBatchGas));
    const depositYocto = this.agreed.firstTierFeeYocto;
    const methodName = this.asked.resumption === "chain" ? "resume_batch_chained" : "resume_intent";
    return { receiverId: gate.gateId, methodName, depositYocto, gasYocto };
  }
}

/** A wallet on NEAR. */
export interface WalletAccount {
  readonly accountId: string;
  readonly publicKey: string;
  /** Who signs the delegates, where the account itself does not. */
  readonly delegateSigner?: { readonly accountId: string; readonly publicKey: string } | undefined;
}

export interface OperatorSources extends GateSources {
  /** The keystore's answer for a wallet. */
  readonly account: () => Promise<WalletAccount>;
}

/** Readings for the checks of gate and operator, with the keystore. */
export class OperatorReadings extends GateReadings {
  readonly account: () => Promise<WalletAccount>;

  constructor(sources: OperatorSources, run: Run) {
    super(sources, run);
    this.account = once(sources.account);
  }
}

import { create } from "@bufbuild/protobuf";
import {
  type ApproverTransaction,
  ApproverTransactionSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";
import type { Block, NearNode } from "../../core/ports/near-node.ts";
import type { Follower } from "../chain/follower.ts";
import type { CallToSign, KeyRing, SigningKey } from "../chain/signing-key.ts";
import type { LaneLog } from "./lane-log.ts";
import { burnCall } from "./resume-call.ts";

export interface GateSignerDeps {
  readonly log: LaneLog;
  readonly gateId: string;
  readonly node: NearNode;
  readonly follower: Follower;
  readonly approver: KeyRing;
  readonly relayer: KeyRing;
}

/** The reason for a transaction, as the gate's log gives it. */
interface Noted {
  readonly requestId: string;
  readonly mode: ApproverTransaction["mode"];
  readonly intentIds: readonly string[];
  readonly feeYocto: bigint;
  /** The block that the transaction names; the final one where none is given. */
  readonly block?: Pick<Block, "hash" | "height">;
  readonly isDue: () => boolean;
}

/** Signs with operator keys; each transaction is in the gate's log before it is used (rule: approver-acts-through-the-gate-log). */
export class GateSigner {
  readonly #deps: GateSignerDeps;

  constructor(deps: GateSignerDeps) {
    this.#deps = deps;
  }

  /** One of the approver's or the relayer's keys. */
  signingKey(publicKey: string): SigningKey | undefined {
    return this.#deps.approver.key(publicKey) ?? this.#deps.relayer.key(publicKey);
  }

  /**
   * Signs a call and appends the transaction to the gate's log. `use` sends it, and appends a resume to the workflow's log before.
   * @returns undefined before any block was seen, and where the call is too late once the key and the log are free
   */
  async sign<T>(
    key: SigningKey,
    call: CallToSign,
    { requestId, mode, intentIds, feeYocto, isDue, block = this.#deps.follower.heads?.final }: Noted,
    use: (transaction: ApproverTransaction) => Promise<T>,
  ): Promise<T | undefined> {
    const { log } = this.#deps;
    if (block === undefined) return undefined;
    return key.use([call], block, async ([transaction]) => {
      if (transaction === undefined) return undefined;
      const told = { requestId, mode, intentIds: [...intentIds], feeYocto: feeYocto.toString() };
      const prepared = create(ApproverTransactionSchema, { transaction, ...told });
      const isAppended = await log.append(`${mode} ${requestId}`, (before) => {
        // Others may have had the key for long, and the log (rule: window-is-judged-with-the-key).
        if (!isDue()) return undefined;
        return { ...before, approverTransactions: [...before.approverTransactions, prepared] };
      });
      if (!isAppended) return undefined;
      const used = await use(prepared);
      // The workflow's own log holds a resume by now. Many workflows resumed side by side would make every entry here long.
      if (!log.has(requestId)) log.noteLogged(transaction.hash);
      return used;
    });
  }

  /** Lands a higher nonce on a key of ours, so that no earlier transaction of the key can land any more. */
  async burnNonce(publicKey: string, requestId: string, charge: () => Promise<void>): Promise<void> {
    const { approver, gateId, node } = this.#deps;
    const key = this.signingKey(publicKey);
    if (key === undefined) return;
    const method = approver.key(publicKey) === undefined ? "submit_intent" : "resume_batch_chained";
    const call = burnCall(method, gateId);
    const noted = { requestId, mode: "burn_nonce", intentIds: [], feeYocto: 0n, isDue: () => true };
    await this.sign(key, call, noted, async ({ transaction }) => {
      if (transaction === undefined) return;
      await charge();
      await node.send(transaction.signedTransaction);
    });
  }
}

import { checkActions } from "./action-limits.ts";
import { applyAccountAction, noAccount } from "./apply-account.ts";
import { applyCall } from "./apply-call.ts";
import { applyDelegate } from "./apply-delegate.ts";
import type { DraftReceipt, DraftResume } from "./call-host.ts";
import { type ActionErrorJson, ActionFailure } from "./errors.ts";
import { executionFee, fees, receiptGas, totalDeposit } from "./fees.ts";
import { deriveId } from "./ids.ts";
import { type BlockContext, countBurnt, hopOf, type NewReceipt, type ReceiptContext } from "./receipt-context.ts";
import { balanceRefund, gasRefund, systemAccount } from "./refunds.ts";
import type { State } from "./state.ts";
import { lackingStake } from "./storage-stake.ts";
import type { Action, ActionReceipt, DataReceipt, DataReceiver, ExecutionStatus, Receipt } from "./types.ts";

/** Blocks that a yielded callback waits before its promise fails. */
export const yieldTimeoutBlocks = 200n;

type Returned = { readonly value: Uint8Array } | { readonly made: number };

const nothing = new Uint8Array();

/**
 * Runs an action receipt whose inputs are complete: all of its actions or none take effect, refunds follow, and its result goes to
 * the receipts that wait for it.
 */
export function applyActionReceipt(
  block: BlockContext,
  receipt: ActionReceipt,
  promiseResults: readonly (Uint8Array | null)[],
): void {
  new ReceiptRun(block, receipt, promiseResults).run();
}

class ReceiptRun implements ReceiptContext {
  readonly block: BlockContext;
  readonly state: State;
  readonly receipt: ActionReceipt;
  readonly promiseResults: readonly (Uint8Array | null)[];
  #made: NewReceipt[] = [];
  #resumes: DraftResume[] = [];
  readonly #logs: string[] = [];
  #returned: Returned = { value: nothing };
  #gasBurnt = fees.actionReceipt.execution;
  #gasUsed = fees.actionReceipt.execution;
  #dataIds = 0;
  /** The acting account: the predecessor, and after `CreateAccount` the new account itself. */
  #actor: string;

  constructor(block: BlockContext, receipt: ActionReceipt, promiseResults: readonly (Uint8Array | null)[]) {
    this.block = block;
    this.state = block.state;
    this.receipt = receipt;
    this.promiseResults = promiseResults;
    this.#actor = receipt.predecessor;
  }

  newDataId(): string {
    this.#dataIds += 1;
    return deriveId("data", this.receipt.id, this.block.height, this.#dataIds);
  }

  emit(receipt: NewReceipt): number {
    return this.#made.push(receipt) - 1;
  }

  refund(receiver: string, amount: bigint): void {
    if (amount > 0n) this.emit(balanceRefund(receiver, amount));
  }

  run(): void {
    const error = this.#applyActions();
    if (error !== undefined) {
      this.#made = [];
      this.#resumes = [];
    } else if (this.receipt.predecessor === systemAccount) {
      this.#restoreAllowance();
    }
    this.#refunds(error !== undefined);
    this.#finish(error);
  }

  #applyActions(): ActionErrorJson | undefined {
    let index: number | null = 0;
    try {
      this.state.atomically(() => {
        for (const action of this.receipt.actions) {
          this.#apply(action);
          index = (index ?? 0) + 1;
        }
        index = null;
        this.#checkStake();
      });
      return undefined;
    } catch (error) {
      if (error instanceof ActionFailure) return { index, kind: error.kind };
      throw error;
    }
  }

  #apply(action: Action): void {
    const fee = executionFee(action);
    this.#gasBurnt += fee;
    this.#gasUsed += fee;
    this.#checkActor(action);
    switch (action.kind) {
      case "functionCall":
        this.#call(action);
        return;
      case "delegate": {
        const { gasBurnt, gasUsed } = applyDelegate(this, action);
        this.#gasBurnt += gasBurnt;
        this.#gasUsed += gasUsed;
        this.#returned = { value: nothing };
        return;
      }
      default:
        applyAccountAction(this, action);
        if (action.kind === "createAccount") this.#actor = this.receipt.receiver;
        this.#returned = { value: nothing };
    }
  }

  /** The account must have enough for what its state has grown to; a refund asks for nothing. */
  #checkStake(): void {
    const { receiver, predecessor } = this.receipt;
    if (predecessor === systemAccount || this.state.account(receiver) === undefined) return;
    const lacking = lackingStake(this.state, receiver);
    if (lacking > 0n) throw new ActionFailure({ LackBalanceForState: { account_id: receiver, amount: `${lacking}` } });
  }

  #checkActor(action: Action): void {
    const id = this.receipt.receiver;
    if (action.kind === "createAccount" || action.kind === "transfer") return;
    if (this.state.account(id) === undefined) throw noAccount(id);
    if (action.kind === "functionCall" || action.kind === "delegate") return;
    if (this.#actor !== id) {
      throw new ActionFailure({ ActorNoPermission: { account_id: id, actor_id: this.#actor } });
    }
  }

  #call(action: Extract<Action, { kind: "functionCall" }>): void {
    this.state.addBalance(this.receipt.receiver, action.deposit);
    const effects = applyCall(this, action);
    this.#gasBurnt += effects.gasBurnt;
    this.#gasUsed += effects.gasUsed;
    this.#logs.push(...effects.logs);
    if (effects.failure !== undefined) throw effects.failure;
    for (const draft of effects.drafts) {
      const refusal = checkActions(draft.actions);
      if (refusal !== undefined) {
        throw new ActionFailure({ NewReceiptValidationError: { ActionsValidation: refusal } });
      }
    }
    const first = this.#made.length;
    for (const draft of effects.drafts) this.emit(this.#fromDraft(draft));
    this.#resumes.push(...effects.resumes);
    const { returned } = effects;
    this.#returned = "promise" in returned ? { made: first + returned.promise } : returned;
  }

  #fromDraft({ receiver, actions, inputDataIds, outputs, isYield }: DraftReceipt): NewReceipt {
    const { receiver: predecessor, signer, signerPublicKey, gasPrice } = this.receipt;
    return { predecessor, receiver, signer, signerPublicKey, gasPrice, actions, inputDataIds, outputs, isYield };
  }

  #refunds(failed: boolean): void {
    const { predecessor, signer, signerPublicKey, actions, gasPrice } = this.receipt;
    const deposit = totalDeposit(actions);
    if (predecessor === systemAccount) {
      // The refund's account is gone, so the deposit is burnt.
      if (failed) this.#burn(deposit);
      return;
    }
    if (failed) this.refund(predecessor, deposit);
    const gasLeft = receiptGas(actions) - (failed ? this.#gasBurnt : this.#gasUsed);
    if (gasLeft > 0n) this.emit(gasRefund(signer, signerPublicKey, gasLeft * gasPrice));
  }

  /** A gas refund raises the allowance of the key that bought the gas, if the key still exists. */
  #restoreAllowance(): void {
    const { signer, signerPublicKey, receiver, actions } = this.receipt;
    const key = this.state.accessKey(receiver, signerPublicKey);
    if (signer !== receiver || key?.permission.kind !== "functionCall" || key.permission.allowance === null) return;
    const allowance = key.permission.allowance + totalDeposit(actions);
    this.state.setAccessKey(receiver, signerPublicKey, { ...key, permission: { ...key.permission, allowance } });
  }

  #finish(error: ActionErrorJson | undefined): void {
    const { id, receiver, gasPrice } = this.receipt;
    const made = this.#withOutputs(error !== undefined);
    const receipts = made.map((one, index): ActionReceipt => ({ kind: "action", id: this.#id(index), ...one }));
    for (const receipt of receipts) this.#schedule(receipt);
    for (const data of this.#dataReceipts(error !== undefined, made.length)) this.#schedule(data);
    const tokensBurnt = this.#gasBurnt * gasPrice;
    countBurnt(this.block, receiver, this.#gasBurnt, 0n);
    this.#burn(tokensBurnt);
    this.state.addOutcome({
      id,
      height: this.block.height,
      blockHash: this.block.hash,
      executor: receiver,
      gasBurnt: this.#gasBurnt,
      tokensBurnt,
      logs: this.#logs,
      receiptIds: receipts.map((receipt) => receipt.id),
      status: this.#status(error),
    });
  }

  /** The receipts made. The one whose result stands in for this receipt's inherits its receivers. */
  #withOutputs(failed: boolean): readonly NewReceipt[] {
    const returned = this.#returned;
    if (failed || !("made" in returned) || this.receipt.outputs.length === 0) return this.#made;
    return this.#made.map((one, index) =>
      index === returned.made ? { ...one, outputs: [...one.outputs, ...this.receipt.outputs] } : one,
    );
  }

  #dataReceipts(failed: boolean, firstIndex: number): DataReceipt[] {
    const from = this.receipt.receiver;
    const make = (receiver: DataReceiver, data: Uint8Array | null, isResume: boolean, index: number): DataReceipt => ({
      kind: "data",
      id: this.#id(firstIndex + index),
      predecessor: from,
      receiver: receiver.receiver,
      dataId: receiver.dataId,
      data,
      isResume,
    });
    const resumes = this.#resumes.map(({ dataId, payload }, index) =>
      make({ dataId, receiver: from }, payload, true, index),
    );
    const returned = this.#returned;
    if (!failed && "made" in returned) return resumes;
    const data = failed || !("value" in returned) ? null : returned.value;
    const results = this.receipt.outputs.map((output, index) => make(output, data, false, resumes.length + index));
    return [...resumes, ...results];
  }

  #status(error: ActionErrorJson | undefined): ExecutionStatus {
    if (error !== undefined) return { kind: "failure", error: { ActionError: error } };
    const returned = this.#returned;
    if ("made" in returned) return { kind: "receipt", id: this.#id(returned.made) };
    return { kind: "value", value: returned.value };
  }

  #schedule(receipt: Receipt): void {
    this.state.addReceipt(receipt);
    const [dataId] = receipt.kind === "action" && receipt.isYield ? receipt.inputDataIds : [];
    if (receipt.kind === "action" && dataId !== undefined) {
      this.state.setPendingYield(dataId, { receipt, createdAt: this.block.height });
      this.state.addExpiry(this.block.height + yieldTimeoutBlocks, dataId);
    } else {
      this.block.outgoing.push(hopOf(this.block, this.receipt.receiver, receipt));
    }
  }

  #burn(amount: bigint): void {
    countBurnt(this.block, this.receipt.receiver, 0n, amount);
    this.state.burn(amount);
  }

  #id(index: number): string {
    return deriveId("receipt", this.receipt.id, this.block.height, index);
  }
}

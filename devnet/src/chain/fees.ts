import type { DelegateAction } from "../crypto/delegate.ts";
import type { AccessKey, Action, DelegatedAction } from "./types.ts";

/**
 * Costs of actions in gas units, from the parameters of nearcore's runtime configuration (`send_sir`, `send_not_sir` and
 * `execution` of each fee). Contracts report gas of their own through `Env.useGas`.
 */
interface Fee {
  readonly sendSir: bigint;
  readonly sendNotSir: bigint;
  readonly execution: bigint;
}

function fee(send: bigint, execution = send, sendNotSir = send): Fee {
  return { sendSir: send, sendNotSir, execution };
}

export const fees = {
  actionReceipt: fee(108_059_500_000n),
  dataReceiptBase: fee(36_486_732_312n),
  dataReceiptByte: fee(17_212_011n, 17_212_011n, 47_683_715n),
  createAccount: fee(500_000_000_000n, 7_200_000_000_000n),
  deploy: fee(184_765_750_000n),
  deployByte: fee(6_812_999n, 64_572_944n, 47_683_715n),
  call: fee(200_000_000_000n, 780_000_000_000n),
  callByte: fee(2_235_934n, 2_235_934n, 47_683_715n),
  transfer: fee(115_123_062_500n),
  stake: fee(141_715_687_500n, 102_217_625_000n),
  addFullKey: fee(101_765_125_000n),
  addCallKey: fee(102_217_625_000n),
  addCallKeyByte: fee(1_925_331n, 1_925_331n, 47_683_715n),
  deleteKey: fee(94_946_625_000n),
  deleteAccount: fee(147_489_000_000n),
  delegate: fee(200_000_000_000n),
} as const satisfies Record<string, Fee>;

/** Yocto per gas unit: 0.001 NEAR per Tgas. */
export const defaultGasPrice = 1_000_000_000n;
/** Gas that all calls of one transaction or receipt may attach together (protocol 83 and later). */
export const maxTotalPrepaidGas = 1_000_000_000_000_000n;
/** Gas that one call may burn by itself. */
export const maxGasBurnt = 300_000_000_000_000n;
/** Gas that the receipts of one block may burn before the rest waits for the next. */
export const chunkGasLimit = 1_000_000_000_000_000n;

export function sendFee(one: Fee, toItself: boolean): bigint {
  return toItself ? one.sendSir : one.sendNotSir;
}

function permissionFee({ permission }: AccessKey): readonly [Fee, (readonly [Fee, bigint])?] {
  if (permission.kind === "fullAccess") return [fees.addFullKey];
  const bytes = permission.methodNames.reduce((sum, method) => sum + Buffer.byteLength(method) + 1, 0);
  return [fees.addCallKey, [fees.addCallKeyByte, BigInt(bytes)]];
}

function baseAndBytes(action: Action): readonly [Fee, (readonly [Fee, bigint])?] {
  switch (action.kind) {
    case "createAccount":
      return [fees.createAccount];
    case "deployContract":
      return [fees.deploy, [fees.deployByte, BigInt(action.code.length)]];
    case "functionCall":
      return [fees.call, [fees.callByte, BigInt(Buffer.byteLength(action.methodName) + action.args.length)]];
    case "transfer":
      return [fees.transfer];
    case "stake":
      return [fees.stake];
    case "addKey":
      return permissionFee(action.accessKey);
    case "deleteKey":
      return [fees.deleteKey];
    case "deleteAccount":
      return [fees.deleteAccount];
    case "delegate":
      return [fees.delegate];
  }
}

/** Gas burnt by sending actions, without that of the receipt itself and of a delegate's own actions. */
export function totalSendFees(actions: readonly Action[], toItself: boolean): bigint {
  let total = 0n;
  for (const action of actions) {
    const [base, bytes] = baseAndBytes(action);
    total += sendFee(base, toItself);
    if (bytes !== undefined) total += sendFee(bytes[0], toItself) * bytes[1];
  }
  return total;
}

/** Gas burnt by sending the receipt inside a delegate. */
export function delegateSendFees(delegate: DelegateAction): bigint {
  const toItself = delegate.senderId === delegate.receiverId;
  return sendFee(fees.actionReceipt, toItself) + totalSendFees(delegate.actions, toItself);
}

/** Gas of executing one action, without its attached gas and without a delegate's own actions. */
export function executionFee(action: Action): bigint {
  const [base, bytes] = baseAndBytes(action);
  return base.execution + (bytes === undefined ? 0n : bytes[0].execution * bytes[1]);
}

/** Sums over actions, and over those inside a delegate as well. */
function total(actions: readonly Action[], one: (action: Action) => bigint): bigint {
  return actions.reduce((sum, action) => {
    const inner = action.kind === "delegate" ? total(innerActions(action), one) : 0n;
    return sum + one(action) + inner;
  }, 0n);
}

function innerActions(action: DelegatedAction): readonly Action[] {
  return action.signedDelegate.delegateAction.actions;
}

/** Gas attached to the calls among these actions, those inside a delegate counted. */
export function totalPrepaidGas(actions: readonly Action[]): bigint {
  return total(actions, (action) => (action.kind === "functionCall" ? action.gas : 0n));
}

/** Yocto attached to these actions, those inside a delegate counted. */
export function totalDeposit(actions: readonly Action[]): bigint {
  return total(actions, (action) =>
    action.kind === "functionCall" || action.kind === "transfer" ? action.deposit : 0n,
  );
}

/**
 * The gas that a receipt's signer bought: attached gas, execution fees, and for a delegate the fees of sending and executing the
 * receipt inside.
 */
export function receiptGas(actions: readonly Action[]): bigint {
  const inside = actions.reduce((sum, action) => {
    if (action.kind !== "delegate") return sum;
    return sum + delegateSendFees(action.signedDelegate.delegateAction) + fees.actionReceipt.execution;
  }, 0n);
  return fees.actionReceipt.execution + total(actions, executionFee) + totalPrepaidGas(actions) + inside;
}

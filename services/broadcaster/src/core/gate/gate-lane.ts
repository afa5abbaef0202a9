import { create } from "@bufbuild/protobuf";
import {
  type GateLane,
  type IssuedNonce,
  IssuedNonceSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/log_service";

/** The lane without transactions that workflows' own logs hold by now; their nonces stay taken. */
export function tidied(lane: GateLane, logged: ReadonlySet<string>): GateLane {
  return {
    ...lane,
    approverTransactions: lane.approverTransactions.filter(({ transaction }) => !logged.has(transaction?.hash ?? "")),
    issuedNonces: issuedNonces(lane),
  };
}

/** The highest nonce issued on each key, including those of the lane's transactions. */
export function issuedNonces({ issuedNonces, approverTransactions }: GateLane): IssuedNonce[] {
  const highest = new Map(issuedNonces.map(({ publicKey, nonce }) => [publicKey, nonce]));
  for (const { transaction } of approverTransactions) {
    if (transaction === undefined) continue;
    const { publicKey, nonce } = transaction;
    if (nonce > (highest.get(publicKey) ?? 0n)) highest.set(publicKey, nonce);
  }
  return [...highest].map(([publicKey, nonce]) => create(IssuedNonceSchema, { publicKey, nonce }));
}

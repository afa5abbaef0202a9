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

/** For each key a nonce that is not below any issued on it, those of the lane's transactions included. */
export function issuedNonces(lane: GateLane): IssuedNonce[] {
  const highest = new Map(lane.issuedNonces.map(({ publicKey, nonce }) => [publicKey, nonce]));
  for (const { transaction } of lane.approverTransactions) {
    if (transaction === undefined) continue;
    const { publicKey, nonce } = transaction;
    if (nonce > (highest.get(publicKey) ?? 0n)) highest.set(publicKey, nonce);
  }
  return [...highest].map(([publicKey, nonce]) => create(IssuedNonceSchema, { publicKey, nonce }));
}

/** The lane with nonces of a key set aside: those up to this one, which is above all issued. */
export function withSetAside(lane: GateLane, publicKey: string, nonce: bigint): GateLane {
  const others = issuedNonces(lane).filter((issued) => issued.publicKey !== publicKey);
  return { ...lane, issuedNonces: [...others, create(IssuedNonceSchema, { publicKey, nonce })] };
}

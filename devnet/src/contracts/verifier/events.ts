import { eventLine } from "../sdk/events.ts";
import type { NettedTransfer } from "./engine/transfer-matcher.ts";

/** Tokens that came in or left, in parallel lists. */
export interface TokenFlow {
  readonly ownerId: string;
  readonly tokens: readonly (readonly [tokenId: string, amount: bigint])[];
  readonly memo: string;
}

/** Version of the intents' events; administrative events kept older ones. */
const INTENTS_VERSION = "0.4.3";

/** An event of intents and keys. */
export function intentEvent(event: string, data: unknown): string {
  return eventLine("dip4", INTENTS_VERSION, event, data);
}

export function adminEvent(event: string, data: unknown): string {
  return eventLine("dip4", "0.3.0", event, data);
}

export function saltRotationEvent(current: string, invalidated: readonly string[]): string {
  return eventLine("dip4", "0.4.0", "salt_rotation", { current, invalidated });
}

export function mintEvent(flow: TokenFlow): string {
  return eventLine("nep245", "1.0.0", "mt_mint", [flowJson(flow)]);
}

export function burnEvent(flows: readonly TokenFlow[]): string {
  return eventLine("nep245", "1.0.0", "mt_burn", flows.map(flowJson));
}

export function transferEvent(transfers: readonly NettedTransfer[], memo?: string): string {
  const data = transfers.map(({ senderId, receiverId, amounts }) => ({
    old_owner_id: senderId,
    new_owner_id: receiverId,
    token_ids: [...amounts.keys()],
    amounts: [...amounts.values()].map(String),
    memo,
  }));
  return eventLine("nep245", "1.0.0", "mt_transfer", data);
}

function flowJson({ ownerId, tokens, memo }: TokenFlow): unknown {
  return {
    owner_id: ownerId,
    token_ids: tokens.map(([tokenId]) => tokenId),
    amounts: tokens.map(([, amount]) => amount.toString()),
    memo,
  };
}

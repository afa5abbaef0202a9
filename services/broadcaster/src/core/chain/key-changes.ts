import type { DeletedKey } from "../ports/near-node.ts";
import { field, list, string } from "./json.ts";

/** The keys that a block deleted, as `EXPERIMENTAL_changes` tells. A key that is there again at the block's end is not deleted. */
export function readDeletedKeys(answer: unknown): DeletedKey[] {
  const deleted = new Map<string, DeletedKey>();
  for (const item of list(field(answer, "changes"))) {
    const accountId = string(field(item, "change", "account_id"));
    const publicKey = string(field(item, "change", "public_key"));
    if (accountId === undefined || publicKey === undefined) continue;
    const name = `${accountId} ${publicKey}`;
    if (string(field(item, "type")) === "access_key_deletion") deleted.set(name, { accountId, publicKey });
    else deleted.delete(name);
  }
  return [...deleted.values()];
}

import { type Finding, finding } from "./finding.ts";

/** @param agreed base58 of the SHA-256 of the agreed wasm; undefined without an agreement */
export function checkCode(codeHash: string, agreed: string | undefined): Finding {
  if (agreed === undefined) {
    const message = "the gate's code is not compared: GATE_CODE_HASH is not set";
    return { ok: true, expected: "any", actual: codeHash, message };
  }
  return finding(codeHash === agreed, agreed, codeHash, {
    ok: "the gate runs the code that was agreed",
    failed: "the gate runs other code than was agreed",
  });
}

/** @param agreed undefined without an agreement */
export function checkOwner(ownerId: string, agreed: string | undefined): Finding {
  if (agreed === undefined) {
    const message = "the gate's owner is not compared: GATE_OWNER_ID is not set";
    return { ok: true, expected: "anybody", actual: ownerId, message };
  }
  return finding(ownerId === agreed, agreed, ownerId, {
    ok: `the gate's owner is ${agreed}`,
    failed: `the gate's owner is ${ownerId}, not ${agreed}`,
  });
}

/**
 * Whether others have intents pending. Pending intents delay nobody until they are resumed, and then the tail shows them.
 * @param others number of intents that are not ours
 */
export function checkPending(others: number): Finding {
  const many = others === 1 ? "1 intent of others is" : `${others} intents of others are`;
  return finding(others === 0, "none of others", others === 0 ? "none of others" : `${others} of others`, {
    ok: "no intents of others are pending on the gate",
    failed: `${many} pending on the gate: a chain of theirs may start at any time`,
  });
}

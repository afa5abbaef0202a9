import type { ControlBody } from "../control-body.ts";
import { integerOf } from "../control-body.ts";
import { ControlError } from "../control-error.ts";
import type { Controls } from "../controls.ts";
import type { ForeignAction } from "../foreign-gate.ts";
import type { Route } from "../route.ts";

/** The gate and the verifier. */
export function contractRoutes(controls: Controls): readonly Route[] {
  return [...verifierRoutes(controls), ...gateRoutes(controls)];
}

function verifierRoutes({ verifier }: Controls): readonly Route[] {
  const about = () => ({ current_salt: verifier.currentSalt, fee_pips: verifier.feePips });
  return [
    { method: "GET", path: "/verifier", run: about },
    {
      method: "POST",
      path: "/verifier/salt",
      run({ body }) {
        if (body.has("salt")) verifier.setSalt(body.text("salt"));
        else verifier.rotateSalt();
        return about();
      },
    },
    {
      method: "POST",
      path: "/verifier/invalidate-salts",
      run({ body }) {
        verifier.invalidateSalts(body.texts("salts"));
        return about();
      },
    },
    {
      method: "POST",
      path: "/verifier/cleanup-nonces",
      run({ body }) {
        verifier.cleanUpNonces(body.text("account_id"), body.texts("nonces"));
        return about();
      },
    },
    {
      method: "POST",
      path: "/verifier/fee",
      run({ body }) {
        verifier.setFee(body.number("pips"));
        return about();
      },
    },
    {
      method: "POST",
      path: "/verifier/lock",
      run: ({ body }) => verifier.setLocked(body.text("account_id"), body.flagOr("locked", true)),
    },
    {
      method: "POST",
      path: "/verifier/credit",
      run({ body }) {
        const [accountId, tokenId] = [body.text("account_id"), body.text("token_id")];
        verifier.credit(accountId, tokenId, body.integer("amount"));
        return { balance: `${verifier.balanceOf(accountId, tokenId)}` };
      },
    },
    {
      method: "POST",
      path: "/verifier/keys",
      run: ({ body }) => verifier.addKey(body.text("account_id"), body.text("public_key")),
    },
  ];
}

function gateRoutes({ gate }: Controls): readonly Route[] {
  return [
    { method: "GET", path: "/gate", run: () => gate.state },
    {
      method: "POST",
      path: "/gate/relayers",
      run: ({ body }) => gate.setRelayer(body.text("account_id"), body.flagOr("whitelisted", true)),
    },
    { method: "POST", path: "/gate/tiers", run: ({ body }) => gate.setTiers(tiersOf(body.any("tiers"))) },
    { method: "POST", path: "/gate/approver", run: ({ body }) => gate.setApprover(body.text("account_id")) },
    {
      method: "POST",
      path: "/gate/foreign-pending",
      run: ({ body }) => foreign(gate.foreignPending(body.numberOr("count", 1)), body),
    },
    {
      method: "POST",
      path: "/gate/foreign-chain",
      run: ({ body }) => foreign(gate.foreignChain(body.numberOr("length", 3)), body),
    },
    { method: "POST", path: "/gate/stuck-tail", run: ({ body }) => foreign(gate.stickTail(), body) },
    { method: "POST", path: "/gate/reset-tail", run: () => gate.resetTail() },
  ];
}

/** Answers at once, or with `wait` when the action is done, which takes blocks. */
async function foreign({ submissions, done }: ForeignAction, body: ControlBody): Promise<unknown> {
  if (!body.flagOr("wait", false)) return { submissions };
  const { intentIds, resume = null } = await done;
  return { submissions, intent_ids: intentIds, resume };
}

function tiersOf(value: unknown): [number, bigint][] {
  const problem = new ControlError('tiers must be an array of pairs like [3, "30000000000000000000000"]');
  if (!Array.isArray(value)) throw problem;
  return value.map((pair) => {
    const fee = Array.isArray(pair) ? integerOf(pair[1]) : undefined;
    if (fee === undefined || typeof pair[0] !== "number") throw problem;
    return [pair[0], fee];
  });
}

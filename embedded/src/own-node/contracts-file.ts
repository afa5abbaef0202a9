import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isAccountId, parseSecretKey } from "@outlayer/near";
import { z } from "zod";

/** An account of a NEAR node of one's own, and a full access key of it: `ed25519:` and base58. */
export type OwnAccount = z.infer<typeof account>;

/**
 * A contract's account. With `wasm` and `secret_key`, an account without code gets this code, and in the same transaction makes the
 * calls of `init` to itself.
 */
export type OwnContract = z.infer<typeof contract>;

/** What `--contracts FILE` names. Paths of wasm are absolute here. */
export type OwnContracts = z.infer<typeof file>;

export class ContractsFileError extends Error {
  override readonly name = "ContractsFileError";
}

const accountId = z.string().refine(isAccountId, "must be an account id");

const secretKey = z.string().refine(isSecretKey, "must be ed25519: and base58 of a secret key");

const account = z.strictObject({ account_id: accountId, secret_key: secretKey });

const contract = z.strictObject({
  account_id: accountId,
  secret_key: secretKey.optional(),
  wasm: z.string().min(1).optional(),
  init: z.array(z.strictObject({ method: z.string().min(1), args: z.record(z.string(), z.unknown()) })).optional(),
});

const file = z.strictObject({
  /** Pays for accounts, contracts and wallets' tokens that are missing. Without it, what is missing is an error. */
  funder: account.optional(),
  gate: contract,
  verifier: contract,
  wrapped_near: contract,
  /** Counts calls of `increase`, for contract calls in the acceptance suite. */
  counter: contract.optional(),
  relayer: account,
  approver: account,
  /** Master secret of the local keystore, from which the wallets' keys are derived: 64 hexadecimal digits. */
  keystore_secret: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
  wallets: z
    .array(z.string().regex(/^[a-z0-9-]{1,64}$/, "must be a wallet id"))
    .min(1)
    .max(16),
});

/** @throws ContractsFileError which names the file and the place in it, and holds no secret */
export function readContractsFile(path: string): OwnContracts {
  let given: unknown;
  try {
    given = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    // The parser's own text would quote the file, which holds keys.
    const reason = error instanceof SyntaxError ? "it is no JSON" : (error as Error).message;
    throw new ContractsFileError(`${path}: ${reason}`);
  }
  const { data, error } = file.safeParse(given);
  if (data === undefined) {
    const [issue] = error.issues;
    const place = issue?.path.join(".") || "the file";
    throw new ContractsFileError(`${path}: ${place}: ${issue?.message}`);
  }
  const withPath = <T extends OwnContract>(one: T): T =>
    one.wasm === undefined ? one : { ...one, wasm: resolve(dirname(path), one.wasm) };
  return {
    ...data,
    gate: withPath(data.gate),
    verifier: withPath(data.verifier),
    wrapped_near: withPath(data.wrapped_near),
    ...(data.counter === undefined ? {} : { counter: withPath(data.counter) }),
  };
}

function isSecretKey(text: string): boolean {
  try {
    parseSecretKey(text);
    return true;
  } catch {
    return false;
  }
}

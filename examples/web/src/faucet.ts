/** A request that the faucet does not take. */
export class FaucetRefusal extends Error {
  override readonly name = "FaucetRefusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Of one account, in raw units. */
const gifts = { yocto: "10000000000000000000000000", wrapNear: "5000000000000000000000000", usdc: "100000000" };

/** URLs of accounts that are being made: a second request for one of them must not add its key as well. */
const beingMade = new Set<string>();

/**
 * Makes an account of the devnet, with a full access key, 10 NEAR, and in the verifier 5 wNEAR and 100 USDC. An account that is there
 * already is nobody's to take.
 * @param control URL of the devnet's controls
 * @param body `{"account_id", "public_key"}`
 * @throws FaucetRefusal
 */
export async function createAccount(control: string, body: string): Promise<{ readonly account_id: string }> {
  const { accountId, publicKey } = readRequest(body);
  const path = `/accounts/${accountId}`;
  const url = control + path;
  if (beingMade.has(url)) throw taken(accountId);
  beingMade.add(url);
  try {
    const present = await fetch(url);
    await present.body?.cancel();
    if (present.ok) throw taken(accountId);
    await make(control, path, accountId, publicKey);
  } finally {
    beingMade.delete(url);
  }
  return { account_id: accountId };
}

async function make(control: string, path: string, accountId: string, publicKey: string): Promise<void> {
  await post(control, path, { balance: gifts.yocto });
  await post(control, `${path}/keys`, { public_key: publicKey });
  for (const [token, amount] of [
    ["wrap.near", gifts.wrapNear],
    ["usdc.near", gifts.usdc],
  ]) {
    await post(control, "/verifier/credit", { account_id: accountId, token_id: `nep141:${token}`, amount });
  }
}

function taken(accountId: string): FaucetRefusal {
  return new FaucetRefusal(409, `${accountId} is taken: choose another name`);
}

function readRequest(body: string): { readonly accountId: string; readonly publicKey: string } {
  const given = parsed(body);
  const { account_id: accountId, public_key: publicKey } = given;
  if (typeof accountId !== "string" || !/^[a-z\d](?:[a-z\d]|-(?=[a-z\d])){1,31}\.near$/.test(accountId)) {
    throw new FaucetRefusal(400, "a name has 2 to 32 lower-case letters, digits and single hyphens, and ends in .near");
  }
  if (typeof publicKey !== "string" || !/^ed25519:[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(publicKey)) {
    throw new FaucetRefusal(400, "public_key is not an Ed25519 key");
  }
  return { accountId, publicKey };
}

function parsed(body: string): Record<string, unknown> {
  try {
    const given: unknown = JSON.parse(body);
    if (typeof given === "object" && given !== null) return given as Record<string, unknown>;
  } catch {
    // Neither is an object.
  }
  throw new FaucetRefusal(400, "the body is not a JSON object");
}

async function post(control: string, path: string, body: object): Promise<void> {
  const response = await fetch(control + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`the devnet's controls answered ${response.status}: ${await response.text()}`);
}

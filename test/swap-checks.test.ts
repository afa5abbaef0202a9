import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import {
  encodeBase58,
  formatSignature,
  implicitAccountId,
  implicitAccountOf,
  keyPairFromSeed,
  nep413Hash,
  parsePublicKey,
  sha256,
} from "@outlayer/near";
import { keccak256 } from "../devnet/src/crypto/hash.ts";
import { secp256k1PublicKey, signSecp256k1 } from "../devnet/src/crypto/secp256k1.ts";
import { makeFinal } from "./support/on-chain.ts";
import { describeShapes } from "./support/shapes.ts";
import { type System, startSystem } from "./support/system.ts";

const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";
const swap = { kind: "intents.swap", token_in: wrap, token_out: usdc, amount_in: "1000", min_amount_out: "400" };
/** Of 402 the verifier's fee of one millionth leaves 401; of the wallet's 1000 it leaves 999. */
const fair = { [wrap]: "999", [usdc]: "-401" };

const maker = keyPairFromSeed(new Uint8Array(32).fill(0x51));
const makerId = implicitAccountId(parsePublicKey(maker.publicKey));
const stranger = keyPairFromSeed(new Uint8Array(32).fill(0x52));

interface Signing {
  readonly diff?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
  readonly nonce?: Uint8Array;
  readonly recipient?: string;
  readonly by?: typeof maker;
}

/** A payload for the maker's account. Any 32 bytes without the versioned prefix pass as a legacy nonce. */
function signed(system: System, { diff = fair, by = maker, recipient = "intents.near", ...more }: Signing = {}) {
  const deadlineMs = more.deadlineMs ?? system.devnet.controls.clock.now() + 60_000;
  const nonce = more.nonce ?? crypto.getRandomValues(new Uint8Array(32)).fill(1, 0, 1);
  const intents = [{ intent: "token_diff", diff }];
  const message = JSON.stringify({ signer_id: makerId, deadline: new Date(deadlineMs).toISOString(), intents });
  return {
    standard: "nep413",
    payload: { message, nonce: Buffer.from(nonce).toString("base64"), recipient },
    public_key: by.publicKey,
    signature: formatSignature(by.sign(nep413Hash({ message, nonce, recipient }))),
  };
}

/** By curve: a payload for the implicit account of its key. */
const makersByCurve: readonly (readonly [
  curve: string,
  sign: (system: System) => { readonly account: string; readonly payload: { readonly payload: string } },
])[] = [
  [
    "Ed25519",
    (system) => {
      const key = keyPairFromSeed(new Uint8Array(32).fill(0x53));
      const account = implicitAccountId(parsePublicKey(key.publicKey));
      const payload = messageOf(system, account);
      const signature = formatSignature(key.sign(Buffer.from(payload)));
      return { account, payload: { standard: "raw_ed25519", payload, public_key: key.publicKey, signature } };
    },
  ],
  [
    "secp256k1",
    (system) => {
      const secret = new Uint8Array(32).fill(0x54);
      const account = implicitAccountOf({ curve: "secp256k1", bytes: secp256k1PublicKey(secret) });
      const payload = messageOf(system, account);
      const text = Buffer.from(payload);
      const hash = keccak256(Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text);
      const signature = `secp256k1:${encodeBase58(signSecp256k1(secret, hash))}`;
      return { account, payload: { standard: "erc191", payload, signature } };
    },
  ],
  [
    "P-256",
    (system) => {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const { x = "", y = "" } = publicKey.export({ format: "jwk" });
      const bytes = Buffer.concat([Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
      const account = implicitAccountOf({ curve: "p256", bytes });
      const payload = messageOf(system, account);
      const challenge = Buffer.from(sha256(payload)).toString("base64url");
      const client_data_json = JSON.stringify({ type: "webauthn.get", challenge, origin: "https://app.example" });
      const data = Buffer.alloc(37).fill(1, 32, 33);
      const message = Buffer.concat([data, sha256(client_data_json)]);
      const signed = sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
      const assertion = { client_data_json, authenticator_data: data.toString("base64url") };
      const keys = { public_key: `p256:${encodeBase58(bytes)}`, signature: `p256:${encodeBase58(signed)}` };
      return { account, payload: { standard: "webauthn", payload, ...keys, ...assertion } };
    },
  ],
];

function messageOf(system: System, signer_id: string): string {
  const deadline = new Date(system.devnet.controls.clock.now() + 60_000).toISOString();
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(32)).fill(1, 0, 1)).toString("base64");
  const intents = [{ intent: "token_diff", diff: fair }];
  return JSON.stringify({ signer_id, verifying_contract: "intents.near", deadline, nonce, intents });
}

describeShapes("a swap with a counterparty's payload (rule: swap-is-checked-before-it-is-signed)", (shape) => {
  let system: System;
  before(async () => {
    system = await startSystem({ shape });
    system.devnet.controls.verifier.credit(makerId, usdc, 1_000_000n);
  });
  after(() => system.stop());

  const rest = () => system.rest();
  const usdcOf = (accountId: string) => system.devnet.controls.verifier.balanceOf(accountId, usdc);
  const wallet = () => system.devnet.wallets[0]?.accountId ?? "";

  const refused = async (payload: object, step: object = {}) => {
    const steps = [{ ...swap, ...step, counterparty_signed: [payload] }];
    const { body } = await rest().execute(steps);
    assert.deepEqual([body.status, body.error_code], ["rejected", "planner_rejected"], body.message);
    const { body: planned } = await rest().post("/workflows/plan", { steps });
    // The time that is wanted at least moves on with the chain.
    const withoutTimes = (said: string) => said.replace(/ until [^ ]+ at least$/, "");
    assert.equal(withoutTimes(planned.setup_requirements[0].requirement), withoutTimes(body.user_visible_error));
    return body.user_visible_error as string;
  };

  it("is carried out where it balances with the verifier's fee, to the unit", async () => {
    const [before, makers] = [usdcOf(wallet()), usdcOf(makerId)];
    const { body } = await rest().execute([{ ...swap, counterparty_signed: [signed(system)] }]);
    assert.equal(body.status, "succeeded", body.message);
    assert.deepEqual([usdcOf(wallet()) - before, makers - usdcOf(makerId)], [400n, 401n]);
  });

  it("is refused in the plan, by one unit too little, with the numbers", async () => {
    const said = await refused(signed(system, { diff: { ...fair, [usdc]: "-400" } }));
    assert.equal(
      said,
      `steps[0].min_amount_out is 400, and counterparty_signed gives 399 of ${usdc} after the verifier's fee of 1 millionths`,
    );
  });

  it("is refused where the fee's rounding was forgotten", async () => {
    const said = await refused(signed(system, { diff: { ...fair, [wrap]: "1000" } }));
    assert.match(said, /^steps\[0\] does not balance: 999 of nep141:wrap.near is delivered .* and 1000 is taken$/);
  });

  it("is judged by the fee that the verifier takes now", async () => {
    const { verifier } = system.devnet.controls;
    verifier.setFee(2500);
    makeFinal(system);
    try {
      // Rounded up, 1000 and 402 cost 3 and 2.
      const diff = { [wrap]: "997", [usdc]: "-402" };
      assert.match(await refused(signed(system)), /gives 399 of .* fee of 2500 millionths$/);
      const { body } = await rest().execute([{ ...swap, counterparty_signed: [signed(system, { diff })] }]);
      assert.equal(body.status, "succeeded", body.message);
    } finally {
      verifier.setFee(1);
      makeFinal(system);
    }
  });

  it("is refused once it has ended, or will have before it can be dispatched", async () => {
    const now = system.devnet.controls.clock.now();
    assert.match(await refused(signed(system, { deadlineMs: now - 1000 })), /counterparty_signed\[0\] holds until /);
    assert.match(await refused(signed(system, { deadlineMs: now + 2000 })), /to be dispatched it must hold until /);
  });

  it("is refused once its nonce is used", async () => {
    const payload = signed(system);
    const { body } = await rest().execute([{ ...swap, counterparty_signed: [payload] }]);
    assert.equal(body.status, "succeeded", body.message);
    const said = await refused(payload);
    assert.equal(said, `steps[0].counterparty_signed[0] has a nonce that ${makerId} has used up`);
  });

  for (const [curve, sign] of makersByCurve) {
    it(`is carried out where the counterparty signs with ${curve}, and refused with another's signature`, async () => {
      const { account, payload } = sign(system);
      system.devnet.controls.verifier.credit(account, usdc, 1000n);
      makeFinal(system);
      const other = { ...payload, payload: payload.payload.replace('"intents":', ' "intents":') };
      assert.match(
        await refused(other),
        /counterparty_signed\[0\] (has a signature that is not valid|is signed by secp256k1:)/,
      );
      const { body } = await rest().execute([{ ...swap, counterparty_signed: [payload] }]);
      assert.equal(body.status, "succeeded", body.message);
      assert.equal(usdcOf(account), 599n);
    });
  }

  it("is refused where its signature is not valid", async () => {
    const payload = signed(system);
    const { signature } = signed(system);
    const said = await refused({ ...payload, signature });
    assert.equal(said, "steps[0].counterparty_signed[0] has a signature that is not valid");
  });

  it("is refused where somebody else's key signed it, also a registered one of another account", async () => {
    const said = await refused(signed(system, { by: stranger }));
    assert.equal(
      said,
      `steps[0].counterparty_signed[0] is signed by ${stranger.publicKey}, which is not a key of ${makerId} in the verifier`,
    );
  });

  it("is refused where it is for another verifier", async () => {
    const said = await refused(signed(system, { recipient: "defuse.near" }));
    assert.equal(said, "steps[0].counterparty_signed[0] is signed for another verifier than intents.near");
  });

  it("is refused with a salt that the verifier no longer takes, and while it has locked the maker", async () => {
    const { verifier, clock } = system.devnet.controls;
    const nonce = Buffer.alloc(32);
    nonce.set([0x56, 0x28, 0xf6, 0xc6, 0, ...Buffer.from("00112233", "hex")]);
    nonce.writeBigInt64LE(BigInt(clock.now() + 600_000) * 1_000_000n, 9);
    assert.match(
      await refused(signed(system, { nonce })),
      /has a nonce with a salt that the verifier no longer takes$/,
    );
    verifier.setLocked(makerId, true);
    makeFinal(system);
    try {
      assert.match(await refused(signed(system)), /which the verifier has locked$/);
    } finally {
      verifier.setLocked(makerId, false);
      makeFinal(system);
    }
  });
});

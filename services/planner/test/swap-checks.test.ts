import assert from "node:assert/strict";
import { encodeBase64, verifierNonce } from "@outlayer/near";
import { nonceKey } from "../src/core/carried-payloads.ts";
import type { PayloadFacts, VerifierFacts } from "../src/core/facts.ts";
import { unbalanced, verifierFee } from "../src/core/swap-balance.ts";
import { counterpartyNep413, counterpartyPayload, facts, makersKey, planOf, problemOf } from "./support/planning.ts";

const wrap = "nep141:wrap.near";
const usdt = "nep141:usdt.near";
const now = Date.UTC(2029, 0, 1);
const salt = Uint8Array.of(0x25, 0x28, 0x12, 0xb3);

/** Balanced at a fee of one millionth: 1000 of it delivers 999, and 2001 delivers 2000. */
const swap = { kind: "intents.swap", token_in: wrap, token_out: usdt, amount_in: "1000", min_amount_out: "2000" };

/** What the verifier says of every payload of maker.near with the usual nonce. */
function said(changed: Partial<PayloadFacts> = {}, terms: Partial<VerifierFacts> = {}): VerifierFacts {
  const usual = { keyRegistered: true, nonceUsed: false, saltValid: true, accountLocked: false };
  const key = nonceKey({ signerId: "maker.near", nonce: new Uint8Array(32).fill(1) });
  return { feePips: 1n, finalTimeMs: now, payloads: new Map([[key, { ...usual, ...changed }]]), ...terms };
}

const problem = (payloads: readonly object[], verifier: VerifierFacts | undefined = said(), step: object = swap) =>
  problemOf({ ...step, counterparty_signed: payloads }, { facts: { ...facts, verifier } });

const diffOf = (diff: object) => [{ intent: "token_diff", diff }];
const giving = (usdtGiven: string, wrapTaken = "999") =>
  counterpartyPayload({ intents: diffOf({ [wrap]: wrapTaken, [usdt]: `-${usdtGiven}` }) });

describe("the payloads of a swap's counterparties (rule: swap-is-checked-before-it-is-signed)", () => {
  it("are taken where they balance with the verifier's fee, and nothing stays unchecked", () => {
    assert.equal(problem([counterpartyPayload()]), undefined);
    const step = { ...swap, counterparty_signed: [counterpartyPayload()] };
    assert.deepEqual(planOf([step], { facts: { ...facts, verifier: said() } }).plan.unchecked, []);
  });

  it("are taken unchecked where the verifier's word cannot be had, and the plan says so", () => {
    const { plan, uncheckedPayloads } = planOf([{ ...swap, counterparty_signed: [giving("1")] }]);
    assert.equal(plan.executable, true);
    assert.deepEqual(plan.unchecked, ["counterparty_payloads"]);
    assert.deepEqual(
      uncheckedPayloads.map(({ signerId }) => signerId),
      ["maker.near"],
    );
  });

  it("are refused in a second step: whatever of it was signed would be public for nothing", () => {
    const step = { ...swap, counterparty_signed: [counterpartyPayload()] };
    const { plan } = planOf([step, step], { facts: { ...facts, verifier: said() } });
    const requirement =
      "steps[1].counterparty_signed[0] has signer and nonce of steps[0].counterparty_signed[0]: only one of them can execute";
    assert.deepEqual([plan.executable, plan.setupRequirements], [false, [{ step: 1, requirement }]]);
    assert.equal(planOf([step, step]).plan.executable, false, "also where the verifier's word cannot be had");
  });

  const at = "steps[0].counterparty_signed[0]";
  const versioned = (deadlineMs: number) => encodeBase64(verifierNonce(salt, deadlineMs, new Uint8Array(15)));
  const rows: readonly (readonly [
    name: string,
    payloads: readonly object[],
    problem: string,
    facts?: VerifierFacts,
  ])[] = [
    [
      "that give one unit too little",
      [giving("2000")],
      `steps[0].min_amount_out is 2000, and counterparty_signed gives 1999 of ${usdt} after the verifier's fee of 1 millionths`,
    ],
    [
      "that give one unit too much, which would go to nobody",
      [giving("2002")],
      `steps[0] does not balance: 2001 of ${usdt} is delivered after the verifier's fee of 1 millionths, and 2000 is taken`,
    ],
    [
      "that take what the fee leaves nothing of",
      [giving("2001", "1000")],
      `steps[0] does not balance: 999 of ${wrap} is delivered after the verifier's fee of 1 millionths, and 1000 is taken`,
    ],
    [
      "that balance only at another fee",
      [counterpartyPayload()],
      `steps[0].min_amount_out is 2000, and counterparty_signed gives 1980 of ${usdt} after the verifier's fee of 10000 millionths`,
      said({}, { feePips: 10_000n }),
    ],
    [
      "of which one takes a token that nobody gives",
      [
        counterpartyPayload(),
        counterpartyPayload({ signer_id: "other.near", intents: diffOf({ "nep141:x.near": "1" }) }),
      ],
      "steps[0] does not balance: 0 of nep141:x.near is delivered after the verifier's fee of 1 millionths, and 1 is taken",
    ],
    [
      "that only transfer",
      [counterpartyPayload({ intents: [{ intent: "transfer", receiver_id: "a.near", tokens: { [usdt]: "5" } }] })],
      `steps[0].min_amount_out is 2000, and counterparty_signed gives 0 of ${usdt} after the verifier's fee of 1 millionths`,
    ],
    [
      "that have ended",
      [counterpartyPayload({ deadline: "2028-12-31T23:59:59Z" })],
      `${at} holds until 2028-12-31T23:59:59.000Z: to be dispatched it must hold until 2029-01-01T00:00:20.000Z at least`,
    ],
    [
      "that end before they can be dispatched",
      [counterpartyPayload({ deadline: "2029-01-01T00:00:19.999Z" })],
      `${at} holds until 2029-01-01T00:00:19.999Z: to be dispatched it must hold until 2029-01-01T00:00:20.000Z at least`,
    ],
    [
      "of a key that is not the signer's",
      [counterpartyPayload()],
      `${at} is signed by ${makersKey}, which is not a key of maker.near in the verifier`,
      said({ keyRegistered: false }),
    ],
    [
      "with a nonce that is used",
      [counterpartyPayload()],
      `${at} has a nonce that maker.near has used up`,
      said({ nonceUsed: true }),
    ],
    [
      "with a salt that is no longer taken",
      [counterpartyPayload()],
      `${at} has a nonce with a salt that the verifier no longer takes`,
      said({ saltValid: false }),
    ],
    [
      "of a locked account",
      [counterpartyPayload()],
      `${at} is signed for maker.near, which the verifier has locked`,
      said({ accountLocked: true }),
    ],
    [
      "for another verifier",
      [counterpartyPayload({ verifying_contract: "other.near" })],
      `${at} is signed for another verifier than intents.near`,
    ],
    [
      "of NEP-413 for another recipient",
      [counterpartyNep413({ recipient: "app.near" })],
      `${at} is signed for another verifier than intents.near`,
    ],
    [
      "with a nonce of 31 bytes",
      [counterpartyPayload({ nonce: encodeBase64(new Uint8Array(31)) })],
      `${at} cannot be read: nonce must be 32 bytes in base64`,
    ],
    [
      "of NEP-413 with such a nonce",
      [counterpartyNep413({ nonce: "AAAA" })],
      `${at} cannot be read: payload.nonce must be 32 bytes in base64`,
    ],
    [
      "with a deadline a nanosecond after their nonce's",
      [counterpartyPayload({ nonce: versioned(Date.UTC(2030, 0, 1)), deadline: "2030-01-01T00:00:00.000000001Z" })],
      `${at} has a deadline after that of its nonce`,
    ],
    [
      "with a deadline after their nonce's",
      [counterpartyPayload({ nonce: versioned(Date.UTC(2029, 11, 31)) })],
      `${at} has a deadline after that of its nonce`,
    ],
    ["of no key", [{ ...counterpartyPayload(), public_key: "ed25519:x" }], `${at} has a signature that is not valid`],
    [
      "with a text that was changed after it was signed",
      [{ ...counterpartyPayload(), payload: counterpartyPayload({ deadline: "2031-01-01T00:00:00Z" }).payload }],
      `${at} has a signature that is not valid`,
    ],
    [
      "without a deadline",
      [counterpartyPayload({ deadline: undefined })],
      `${at} cannot be read: deadline must be an RFC 3339 time`,
    ],
    [
      "of nobody",
      [counterpartyPayload({ signer_id: "Not An Account" })],
      `${at} cannot be read: signer_id must be an account id`,
    ],
    [
      "with an amount that is a number",
      [counterpartyPayload({ intents: diffOf({ [usdt]: -1 }) })],
      `${at} cannot be read: intents[0].diff must hold decimal amounts by full token ids`,
    ],
    [
      "with a short token id",
      [counterpartyPayload({ intents: diffOf({ "usdt.near": "-1" }) })],
      `${at} cannot be read: intents[0].diff must hold decimal amounts by full token ids`,
    ],
    [
      "whose text has a key twice",
      [{ ...counterpartyPayload(), payload: '{"signer_id":"a.near","signer_id":"b.near"}' }],
      `${at} cannot be read: the signed message is not JSON that every reader reads alike`,
    ],
    [
      "that stand there twice",
      [counterpartyPayload(), counterpartyPayload()],
      `steps[0].counterparty_signed[1] has signer and nonce of ${at}: only one of them can execute`,
    ],
    [
      "that are more than four",
      Array(5).fill(counterpartyPayload()),
      "steps[0].counterparty_signed must have at most 4 payloads",
    ],
  ];
  for (const [name, payloads, expected, verifier] of rows) {
    it(`are refused: ${name}`, () => assert.equal(problem(payloads, verifier), expected));
  }

  it("are read in NEP-413 as well", () => assert.equal(problem([counterpartyNep413({})]), undefined));

  it("of several makers count together", () => {
    const half = (signer_id: string, given: string, taken: string) =>
      counterpartyPayload({ signer_id, intents: diffOf({ [wrap]: taken, [usdt]: `-${given}` }) });
    assert.equal(problem([half("maker.near", "1001", "499"), half("b.near", "1001", "500")]), undefined);
    assert.match(problem([half("maker.near", "1001", "499"), half("b.near", "1000", "500")]) ?? "", /gives 1999 of/);
  });
});

describe("the verifier's fee", () => {
  const rows: readonly (readonly [token: string, amount: bigint, pips: bigint, fee: bigint])[] = [
    [wrap, 1000n, 1n, 1n],
    [wrap, 1_000_000n, 1n, 1n],
    [wrap, 1_000_001n, 1n, 2n],
    [wrap, 1000n, 0n, 0n],
    [wrap, 1n, 1n, 1n],
    [wrap, 3n, 1_000_000n, 3n],
    ["nep171:nft.near:1", 1n, 1n, 0n],
    ["nep245:mt.near:1", 1n, 1n, 0n],
    ["nep245:mt.near:1", 2n, 1n, 1n],
    ["imt:minter.near:1", 1n, 1n, 0n],
  ];
  for (const [token, amount, pips, fee] of rows) {
    it(`of ${pips} millionths on ${amount} of ${token} is ${fee}, rounded up`, () =>
      assert.equal(verifierFee(token, amount, pips), fee));
  }

  it("is taken of each amount given, so two halves may cost more than the whole", () => {
    assert.deepEqual(
      unbalanced(
        [
          [wrap, -5n],
          [wrap, -5n],
          [wrap, 9n],
        ],
        1n,
      ),
      [{ token: wrap, delivered: 8n, taken: 9n }],
    );
  });
});

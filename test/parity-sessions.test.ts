import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { issueSession } from "@outlayer/access";
import { keyPairFromSeed } from "@outlayer/near";
import { makeFinal } from "./support/on-chain.ts";
import {
  messageFor,
  nearWallet,
  type OwnWallet,
  sessionEnvironment,
  sessionTerms,
  signedStep,
  tokenFor,
} from "./support/own-wallets.ts";
import { asks, json, ParitySuite, type Row, type Run, steps, to, unknownId, worker } from "./support/parity-suite.ts";
import { describeShapes } from "./support/shapes.ts";
import { dust } from "./support/steps.ts";

const { OK, UNAUTHENTICATED, PERMISSION_DENIED } = status;
const wrap = "nep141:wrap.near";
const usdc = "nep141:usdc.near";
const key = "ed25519:5TagutioHgKLh7KZ1VEFBYfgRkPtqnKm9LoMnJMJugxm";
const [alice, bob, maker] = [0x71, 0x72, 0x73].map((byte) =>
  nearWallet(keyPairFromSeed(new Uint8Array(32).fill(byte))),
);
assert(alice && bob && maker);
const give = { intent: "transfer", receiver_id: "mike.near", tokens: { [wrap]: "5" } };
const swap = { kind: "intents.swap", token_in: wrap, token_out: usdc, amount_in: "1000" };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const asSession = async ({ accountId }: OwnWallet) => bearer(await tokenFor(accountId));

const environment = {
  ...sessionEnvironment,
  POLICY_ACTION_TYPES_JSON: json({ add_public_key: "wallet_power", remove_public_key: "wallet_power" }),
};

describeShapes("REST and gRPC", (shape) => {
  const suite = new ParitySuite(shape, {}, environment);
  before(() => {
    const { verifier } = suite.system.devnet.controls;
    for (const { accountId } of [alice, bob]) verifier.credit(accountId, wrap, 1_000n);
    verifier.credit(maker.accountId, usdc, 10_000n);
  });

  const wallet = () => suite.system.devnet.wallets[0] ?? assert.fail("there is a wallet");
  /** The same for both ways of a row, so that they say the same of it. */
  const once = <T>(make: () => T): (() => T) => {
    let made: { readonly value: T } | undefined;
    return () => {
      made ??= { value: make() };
      return made.value;
    };
  };
  const signed = (by: OwnWallet, intents: readonly object[], given: Parameters<typeof messageFor>[3] = {}) =>
    by.sign(messageFor(suite.system, by, intents, given));
  const diff = (usdcs: string) => ({ intent: "token_diff", diff: { [wrap]: "999", [usdc]: usdcs } });

  const removal = steps({ kind: "intents.remove_public_key", public_key: key });
  const keyRows: readonly Row[] = [
    {
      name: "a step that adds a key",
      ask: async ({ rest }) => {
        if (await holds(key)) await rest({ call: "execute", body: removal, headers: worker() });
        return { call: "execute", body: steps({ kind: "intents.add_public_key", public_key: key }), headers: worker() };
      },
      http: 200,
      code: OK,
      record: { status: "succeeded" },
    },
    {
      name: "a step that removes a key",
      ask: async () => {
        const { verifier } = suite.system.devnet.controls;
        if (!(await holds(key))) verifier.addKey(wallet().accountId, key);
        makeFinal(suite.system);
        return { call: "execute", body: removal, headers: worker() };
      },
      http: 200,
      code: OK,
      record: { status: "succeeded" },
    },
    {
      name: "a step that would remove the key that signs it",
      ask: () => ({
        call: "execute",
        body: steps({ kind: "intents.remove_public_key", public_key: wallet().publicKey }),
        headers: worker(),
      }),
      http: 400,
      code: OK,
      message:
        "steps[0].public_key is the key that signs this step: without it the wallet can sign nothing more; set remove_signing_key to remove it all the same",
      record: { status: "rejected", error_code: "planner_rejected" },
    },
    {
      name: "a step with what is no key",
      ask: to("plan", steps({ kind: "intents.add_public_key", public_key: "ed25519:1" })),
      http: 200,
      code: OK,
      same: true,
      record: { executable: false },
    },
  ];
  const holds = async (publicKey: string) =>
    (await suite.system.rest().get(`/accounts/${wallet().accountId}?public_key=${publicKey}`)).body.asked_key
      .registered;
  suite.describeRows("serve alike steps of keys", keyRows);

  const tooLittle = once(() => signed(maker, [diff("-401")]));
  const swapRows: readonly Row[] = [
    {
      name: "a swap with a counterparty's payload",
      ask: () => ({
        call: "execute",
        body: steps({ ...swap, min_amount_out: "400", counterparty_signed: [signed(maker, [diff("-401")])] }),
        headers: worker(),
      }),
      http: 200,
      code: OK,
      record: {
        status: "succeeded",
        balance_deltas: { [`${usdc}:intents`]: "400", [`${wrap}:intents`]: "-1000" },
      },
    },
    ...(["plan", "execute"] as const).map(
      (call): Row => ({
        name: `${call}: a swap that brings too little`,
        ask: () => ({
          call,
          body: steps({ ...swap, min_amount_out: "500", counterparty_signed: [tooLittle()] }),
          headers: worker(),
        }),
        ...(call === "plan"
          ? { http: 200, code: OK, same: true, record: { executable: false } }
          : {
              http: 400,
              code: OK,
              message: `steps[0].min_amount_out is 500, and counterparty_signed gives 400 of ${usdc} after the verifier's fee of 1 millionths`,
              record: { status: "rejected", error_code: "planner_rejected" },
            }),
      }),
    ),
  ];
  suite.describeRows("serve alike swaps with counterparties", swapRows);

  const at = "steps[0].payloads[0]";
  const own = (
    payload: () => object,
    message: string,
    headers: () => Promise<Record<string, string>>,
  ): Partial<Row> => ({
    ask: async () => ({ call: "execute", body: steps(signedStep(payload())), headers: await headers() }),
    http: 400,
    code: OK,
    message,
    record: { status: "rejected", error_code: "planner_rejected" },
  });
  const asAlice = () => asSession(alice);
  const refusals: readonly Row[] = (
    [
      [
        "of somebody else",
        once(() => signed(bob, [give])),
        `${at} is signed for ${bob.accountId}: a session carries payloads of ${alice.accountId} alone`,
      ],
      [
        "by another's key",
        once(() => signed(bob, [give], { signerId: alice.accountId })),
        `${at} is signed by ${bob.publicKey}, which is not a key of ${alice.accountId} in the verifier`,
      ],
      [
        "with a signature that is not valid",
        once(() => ({ ...signed(alice, [give]), signature: Reflect.get(signed(alice, []), "signature") })),
        `${at} has a signature that is not valid`,
      ],
      [
        "for another verifier",
        once(() => signed(alice, [give], { recipient: "other.near" })),
        `${at} is signed for another verifier than intents.near`,
      ],
      [
        "with a salt that never was",
        once(() => signed(alice, [give], { salt: "00112233" })),
        `${at} has a nonce with a salt that the verifier no longer takes`,
      ],
    ] as const
  ).map(([name, payload, message]) => ({ name, ...own(payload, message, asAlice) }) as Row);
  suite.describeRows("refuse alike own payloads", [
    ...refusals,
    {
      name: "of a wallet of the keystore's",
      ...own(
        once(() => signed(alice, [give])),
        "steps[0] is for sessions, which sign for themselves: a wallet of the keystore's has its intents signed",
        async () => worker(),
      ),
    } as Row,
  ]);
  suite.describeRows("carry alike own payloads", [
    {
      name: "of a session",
      ask: async () => ({
        call: "execute",
        body: steps(signedStep(signed(alice, [give]))),
        headers: await asAlice(),
      }),
      http: 200,
      code: OK,
      record: { status: "succeeded", balance_deltas: { [`${wrap}:intents`]: "-5" } },
    },
    {
      name: "that are planned",
      ask: async () => ({ call: "plan", body: steps(signedStep(planned())), headers: await asAlice() }),
      http: 200,
      code: OK,
      same: true,
      record: { executable: true },
    },
  ]);
  const planned = once(() => signed(alice, [give]));

  const id = "0198c0de-0000-7000-8000-0000000000aa";
  const [oneself] = [{ id, accountId: alice.accountId }];
  const strange: readonly (readonly [name: string, token: (run: Run) => Promise<string>, message: string])[] = [
    [
      "that has expired",
      async () => (await issueSession(sessionTerms, oneself, Date.now() - 901_000)).token,
      "the session has expired: sign in again",
    ],
    [
      "for another audience",
      async () => (await issueSession({ ...sessionTerms, audience: "evil.example" }, oneself, Date.now())).token,
      "the session token is for another audience: sign in here",
    ],
    [
      "that was signed out",
      async () => {
        const token = await tokenFor(alice.accountId);
        const url = `${suite.system.product.restUrl}/wallet/v1/auth/logout`;
        const { status } = await fetch(url, { method: "POST", headers: bearer(token) });
        assert.equal(status, 200);
        return token;
      },
      "the session was signed out: sign in again",
    ],
  ];
  const tokenRows = strange.flatMap(([name, token, message]): Row[] =>
    (["plan", "account", "record"] as const).map((call) => ({
      name: `${call}: a token ${name}`,
      ask: async (run) => {
        const headers = bearer(await token(run));
        if (call === "plan") return { call, body: steps(dust), headers };
        return { call, id: call === "account" ? "mike.near" : unknownId, headers };
      },
      http: 401,
      code: UNAUTHENTICATED,
      message,
      reason: "SESSION_INVALID",
    })),
  );
  suite.describeRows("refuse alike sessions", [
    ...tokenRows,
    {
      name: "that would have a keystore's wallet sign",
      ask: async () => ({ call: "execute", body: steps(dust), headers: await asAlice() }),
      http: 403,
      code: PERMISSION_DENIED,
      message:
        "a session cannot have steps[0] (intents.transfer) signed: send it with the credentials of the wallet that is to sign",
      reason: "NOT_FOR_SESSIONS",
      field: "steps[0].kind",
    },
  ]);

  suite.describeRows("name alike a stale key", [
    {
      name: "of an account that has one",
      ask: () => {
        stale();
        return { call: "stale_keys", id: "mike.near", headers: worker() };
      },
      http: 200,
      code: OK,
      record: { stale_total: 1 },
    },
    {
      name: "among an account's keys",
      ask: asks({ call: "account", id: "mike.near", headers: worker() }),
      http: 200,
      code: OK,
      record: {
        keys: [{ public_key: key, registered: true, on_near: "absent", stale: true }],
        message: "one of its keys is stale: the verifier takes it, and NEAR does not give it full access",
      },
    },
  ]);
  const stale = once(() => {
    suite.system.devnet.controls.verifier.addKey("mike.near", key);
    makeFinal(suite.system);
  });
});

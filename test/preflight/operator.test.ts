import { registerStep, three } from "../support/steps.ts";
import {
  approverId,
  assertCase,
  type Case,
  fails,
  gateId,
  near,
  publicKeyOf,
  realCode,
  relayerId,
  succeeds,
} from "./cases.ts";

/** For the 439 bytes of the devnet's gate as it begins, and 1024 for a submission. yoctoNEAR. */
const stakeForOneCall = (439n + 1024n) * 10n ** 19n;

const otherCode = "4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi";

/** What becomes of gate and operator. */
const cases: readonly Case[] = [
  {
    title: "a gate that runs other code",
    executed: succeeds,
    environment: { GATE_CODE_HASH: otherCode },
    fails: () => [
      {
        name: "gate_code",
        class: "advisory",
        expected: otherCode,
        actual: realCode,
        message: "the gate runs other code than was agreed",
      },
    ],
  },
  {
    title: "a gate with another owner",
    executed: succeeds,
    environment: { GATE_OWNER_ID: "mike.near" },
    fails: () => [
      {
        name: "gate_owner",
        class: "advisory",
        expected: "mike.near",
        actual: "sequential.near",
        message: "the gate's owner is sequential.near, not mike.near",
      },
    ],
  },
  {
    title: "intents of others, pending",
    executed: succeeds,
    prepare: ({ devnet }) => devnet.controls.gate.foreignPending(2).done,
    fails: () => [
      {
        name: "gate_pending",
        class: "advisory",
        expected: "none of others",
        actual: "2 of others",
        message: "2 intents of others are pending on the gate: a chain of theirs may start at any time",
      },
    ],
  },
  {
    title: "a stuck tail",
    steps: () => three,
    executed: { waitsFor: "gate_stuck" },
    prepare: ({ devnet }) => devnet.controls.gate.stickTail().done,
    fails: ({ devnet }) => [
      {
        name: "gate_tail",
        class: "waiting",
        expected: "empty, or ours",
        actual: devnet.controls.gate.state.tail.join(),
        message: "the gate is stuck: its owner has to reset the batch tail",
      },
    ],
  },
  {
    title: "a relayer that is not whitelisted",
    executed: fails("relayer_not_whitelisted"),
    prepare: ({ devnet }) => devnet.controls.gate.setRelayer(relayerId, false),
    fails: () => [
      {
        name: "relayer_whitelisted",
        class: "blocking",
        expected: "whitelisted",
        actual: "not whitelisted",
        message: `the gate does not accept ${relayerId} as a relayer`,
      },
    ],
  },
  {
    title: "an approver that was rotated",
    executed: fails("approver_rotated"),
    prepare: ({ devnet }) => devnet.controls.gate.setApprover("mike.near"),
    fails: () => [
      {
        name: "gate_approver",
        class: "blocking",
        expected: approverId,
        actual: "mike.near",
        message: `the gate's approver is mike.near, not ${approverId}`,
      },
    ],
  },
  {
    title: "a fee that differs from the agreed one",
    executed: fails("fee_mismatch"),
    prepare: ({ devnet }) => devnet.controls.gate.setTiers([[12, 31n]]),
    fails: () => [
      {
        name: "gate_fee",
        class: "blocking",
        expected: "30000000000000000000000",
        actual: "31",
        message: "the gate asks 31 yoctoNEAR for up to 12 calls, agreed were 30000000000000000000000",
      },
    ],
  },
  {
    title: "a relayer without enough NEAR",
    executed: { waitsFor: "balance_low" },
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance(relayerId, near / 10n),
    steps: () => three,
    fails: () => [
      {
        name: "relayer_balance",
        class: "waiting",
        expected: "at least 765000000000000000000000",
        actual: "100000000000000000000000",
        message:
          "the relayer holds 100000000000000000000000 yoctoNEAR, but a run of 3 calls needs 765000000000000000000000",
      },
    ],
  },
  {
    title: "an approver without enough NEAR",
    executed: { waitsFor: "balance_low" },
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance(approverId, near / 10n),
    fails: () => [
      {
        name: "approver_balance",
        class: "waiting",
        expected: "at least 135000000000000000000000",
        actual: "100000000000000000000000",
        message:
          "the approver holds 100000000000000000000000 yoctoNEAR, but a run of 1 call needs 135000000000000000000000",
      },
    ],
  },
  {
    title: "a gate without enough NEAR for what the calls attach",
    executed: { waitsFor: "balance_low" },
    environment: { GATE_MAX_DEPOSIT_YOCTO: "1" },
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance(gateId, near / 100n),
    steps: () => [{ ...registerStep(1), deposit: "1" }],
    fails: () => [
      {
        name: "gate_balance",
        class: "waiting",
        expected: "at least 14630000000000000000001",
        actual: "10000000000000000000000",
        message: "the gate holds 10000000000000000000000 yoctoNEAR, but a run of 1 call needs 14630000000000000000001",
      },
    ],
  },
  {
    title: "a gate that lacks one yoctoNEAR of what its state locks once it has taken the call in",
    executed: { waitsFor: "balance_low" },
    prepare: ({ devnet }) => devnet.controls.accounts.setBalance(gateId, stakeForOneCall - 1n),
    steps: () => [registerStep(1)],
    fails: () => [
      {
        name: "gate_balance",
        class: "waiting",
        expected: `at least ${stakeForOneCall}`,
        actual: `${stakeForOneCall - 1n}`,
        message: `the gate holds ${stakeForOneCall - 1n} yoctoNEAR, but a run of 1 call needs ${stakeForOneCall}`,
      },
    ],
  },
  {
    title: "a relayer's key that is gone",
    executed: { waitsFor: "no_usable_key" },
    prepare: (system) => system.devnet.controls.accounts.deleteKey(relayerId, publicKeyOf(system, relayerId)),
    fails: (system) => {
      const key = publicKeyOf(system, relayerId);
      const expected = `${key} may call submit_intent`;
      const message = `${key} is not on ${relayerId}`;
      return [{ name: "relayer_key", class: "waiting", expected, actual: "not there", message }];
    },
  },
  {
    title: "an approver's key that cannot attach the fee",
    executed: { waitsFor: "no_usable_key" },
    prepare: (system) =>
      system.devnet.controls.accounts.addKey(approverId, publicKeyOf(system, approverId), {
        kind: "functionCall",
        receiverId: gateId,
        methodNames: [],
        allowance: null,
      }),
    fails: (system) => {
      const key = publicKeyOf(system, approverId);
      const expected = `${key} may call resume_intent`;
      const message = `${key} of ${approverId} may not call resume_intent of ${gateId}`;
      return [{ name: "approver_key", class: "waiting", expected, actual: "not allowed to", message }];
    },
  },
];

describe("preflight", () => {
  for (const one of cases) {
    it(`tells of ${one.title}, and of nothing else, as execution does`, () => assertCase(one));
  }
});

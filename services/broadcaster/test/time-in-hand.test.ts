import assert from "node:assert/strict";
import { GateSigner, type GateSignerDeps } from "../src/shell/gate/gate-signer.ts";
import { LaneLog } from "../src/shell/gate/lane-log.ts";
import { rejectIntent, resumeChain, resumeStep } from "../src/shell/workflow/perform/resume.ts";
import { submit } from "../src/shell/workflow/perform/submit.ts";
import { Sightings } from "../src/shell/workflow/sightings.ts";
import { admitted, type Kind, pending, signed, workflow } from "./core/workflow-builder.ts";

const plain: readonly Kind[] = ["plain"];

/** A resume as the conductor is asked for it, and whether it is due once the key is free at a height. */
async function wantedBy(resume: typeof resumeChain | typeof resumeStep) {
  const follower = { heads: { optimistic: { height: 1010 }, final: { height: 1008 } }, isCurrent: true };
  let isDue = () => false;
  const conductor = {
    async resume(wanted: { isDue: () => boolean }) {
      isDue = wanted.isDue;
    },
  };
  const tools = { conductor, follower } as unknown as Parameters<typeof resumeChain>[0];
  const state = workflow(plain, pending(plain));
  const acceptedAt = Number(state.steps[0]?.accepted?.blockHeight);
  const block = { hash: "b", height: acceptedAt };
  const at = { step: 0, block } as Parameters<typeof resumeStep>[2];
  await (resume === resumeChain
    ? resumeChain(tools, state, new Sightings(), async () => {})
    : resumeStep(tools, state, at, new Sightings(), async () => {}));
  return (age: number, isCurrent = true) => {
    follower.heads.optimistic.height = acceptedAt + age;
    follower.isCurrent = isCurrent;
    return isDue();
  };
}

/** A gate's log on evidence that may hold appends up, and a signer whose call is in time until `late` is called. */
function gateSigner() {
  const appended: string[] = [];
  let isDue = true;
  let held = Promise.resolve();
  const log = new LaneLog(
    {
      gateLog: async () => ({ version: 0n, lane: undefined }),
      async appendGate(_gateId, version, change) {
        await held;
        appended.push(change);
        return version + 1n;
      },
    },
    "gate.near",
  );
  const noted = { requestId: "r", mode: "chain", intentIds: ["5"], feeYocto: 1n, isDue: () => isDue };
  return {
    appended,
    log,
    late: () => {
      isDue = false;
    },
    /** Holds appends up. @returns lets them through */
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    /** @param whileInUse happens while others have the key */
    sign(whileInUse: () => void): Promise<string | undefined> {
      const key = {
        async use(_calls: unknown, _block: unknown, use: (transactions: object[]) => Promise<unknown>) {
          whileInUse();
          return use([{ hash: "h" }]);
        },
      } as unknown as Parameters<GateSigner["sign"]>[0];
      const call = {} as Parameters<GateSigner["sign"]>[1];
      const signer = new GateSigner({ log } as unknown as GateSignerDeps);
      return signer.sign(key, call, { ...noted, block: { hash: "b", height: 1 } }, async () => {
        appended.push("used");
        return "sent";
      });
    },
  };
}

describe("time windows, once the key is free (rule: window-is-judged-with-the-key)", () => {
  for (const [name, resume] of [
    ["a chain", resumeChain],
    ["one intent", resumeStep],
  ] as const) {
    it(`have the resume of ${name} dropped that would come too late, though it was asked for in time`, async () => {
      const isDueAtAge = await wantedBy(resume);
      assert.equal(isDueAtAge(150), true);
      assert.equal(isDueAtAge(196), false);
    });

    it(`have the resume of ${name} dropped while the heads are of before an outage`, async () => {
      const isDueAtAge = await wantedBy(resume);
      assert.equal(isDueAtAge(10, false), false);
      assert.equal(isDueAtAge(10), true);
    });
  }

  it("leave what is too late out of every log, and unsent", async () => {
    const { sign, appended, late } = gateSigner();
    // Others have the key until it is too late.
    assert.equal(await sign(late), undefined);
    assert.deepEqual(appended, []);
  });

  it("leave out what is too late once the gate's log is free, though it was in time when its key was", async () => {
    const { sign, appended, late, log, hold } = gateSigner();
    const free = hold();
    const other = log.append("admitted another", (lane) => lane);
    const used = sign(() => {});
    late();
    free();
    assert.equal(await used, undefined);
    await other;
    assert.deepEqual(appended, ["admitted another"]);
  });

  it("let through what is in time with key and log free", async () => {
    const { sign, appended } = gateSigner();
    assert.equal(await sign(() => {}), "sent");
    assert.deepEqual(appended, ["chain r", "used"]);
  });

  for (const [what, moves, isCurrent] of [
    ["whose signatures ended while the relayer's key was in use", 1, true],
    ["while the heads are of before an outage: how late it is nobody knows", 0, false],
  ] as const) {
    it(`have submissions dropped ${what}`, () => dropped(moves, isCurrent));
  }

  /** @param moves blocks by which the head moves on while the key is in use */
  async function dropped(moves: number, isCurrent: boolean): Promise<void> {
    const state = workflow(plain, [admitted, signed(plain)]);
    const lastHeight = Number(state.steps[0]?.signed?.maxBlockHeight);
    const heads = { optimistic: { height: lastHeight - 31 }, final: { height: lastHeight - 33 } };
    const tools = {
      follower: { heads, isCurrent },
      config: { gateId: "gate.near", submitIntentGas: 1n, gateCallbackGas: 1n },
      relayer: {
        idlest: {
          async use(_calls: unknown, _block: unknown, use: (transactions: object[]) => Promise<unknown>) {
            heads.optimistic.height += moves;
            heads.final.height += moves;
            return use([{ hash: "h" }]);
          },
        },
      },
      node: { send: () => assert.fail("sent") },
    };
    const refuse = async () => assert.fail("written");
    await submit(tools as unknown as Parameters<typeof submit>[0], state, [0], new Sightings(), refuse);
  }
});

describe("a reject (rule: fee-is-the-agreed-tier)", () => {
  const agreed = 30n;
  const attempt = async (asked: bigint, gateMaxFeeYocto = 60n) => {
    const wanted: bigint[] = [];
    const seen = new Sightings();
    const tools = {
      follower: { heads: { optimistic: { height: 1300 }, final: { height: 1298, hash: "f" } } },
      gate: { feeTiers: async () => [{ cap: 3, feeYocto: asked }] },
      config: { gateFeeYocto: agreed, gateMaxFeeYocto },
      logger: { warn: () => {} },
      conductor: { resume: async ({ feeYocto }: { feeYocto: bigint }) => void wanted.push(feeYocto) },
    } as unknown as Parameters<typeof rejectIntent>[0];
    await rejectIntent(tools, workflow(plain, pending(plain)), "5", seen, async () => {});
    return { wanted, triedAt: seen.rejectTriedAt };
  };

  it("attaches the agreed fee and no other: what the gate asks is its owner's to choose", async () => {
    assert.deepEqual(await attempt(agreed), { wanted: [agreed], triedAt: undefined });
    for (const asked of [agreed - 1n, agreed + 1n, 200n * 10n ** 24n]) {
      assert.deepEqual(await attempt(asked), { wanted: [], triedAt: 1300 }, String(asked));
    }
    assert.deepEqual(await attempt(agreed, agreed - 1n), { wanted: [], triedAt: 1300 });
  });
});

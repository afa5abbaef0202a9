import assert from "node:assert/strict";
import { fromBinary } from "@bufbuild/protobuf";
import { connect } from "@nats-io/transport-node";
import { KeyEventSchema } from "@outlayer/contracts/outlayer/progress/v1/key_event";
import { keyPairFromSeed } from "@outlayer/near";
import { Actor } from "./support/actors.ts";
import { makeFinal } from "./support/on-chain.ts";
import { samplesOf, scrape } from "./support/scraped.ts";
import { neededServers } from "./support/shapes/servers.ts";
import { describeShapes } from "./support/shapes.ts";
import { signedNep413 } from "./support/signers.ts";
import { type System, withSystem } from "./support/system.ts";
import { waitUntil } from "./support/wait-until.ts";

const nina = "nina.near";
const [first, second, third] = [11, 12, 13].map((seed) => keyPairFromSeed(new Uint8Array(32).fill(seed))) as [
  ReturnType<typeof keyPairFromSeed>,
  ReturnType<typeof keyPairFromSeed>,
  ReturnType<typeof keyPairFromSeed>,
];
const environment = { WATCH_KEYS_OF: `mike.near,${nina}` };
const stale = "full access control a watched account";
const resolved = "no key of a watched account is stale any more";
const yocto = { gas: 100_000_000_000_000n, deposit: 1n };

function makeNina({ devnet }: System): void {
  const { accounts, verifier } = devnet.controls;
  accounts.setBalance(nina, 10n ** 24n);
  accounts.addKey(nina, first.publicKey, { kind: "fullAccess" });
  accounts.addKey(nina, second.publicKey, { kind: "fullAccess" });
  verifier.addKey(nina, first.publicKey);
}

/** Waits until a line about the account says so. */
async function told({ logs }: System, text: string, accountId = nina): Promise<void> {
  const says = () => logs.some((line) => line.includes(text) && line.includes(`"account_id":"${accountId}"`));
  while (!says()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const staleKeys = async (system: System) => (await system.rest().get(`/accounts/${nina}/stale-keys`)).body;

describeShapes("the keys of a watched account", (shape) => {
  it("are told as stale by the block that deletes one, and as removed by the block that deletes another", () =>
    withSystem({ shape, environment }, async (system) => {
      makeNina(system);
      makeFinal(system);
      const { devnet } = system;
      // Once the product that is started now has told of mike's key, it has read the state of both: what follows is told by
      // blocks. The one before must not have told of it, however late its own first look came.
      await system.stopProduct();
      devnet.controls.verifier.addKey("mike.near", third.publicKey);
      makeFinal(system);
      await system.restart();
      await told(system, stale, "mike.near");
      const events = shape === "distributed" ? await connect({ servers: neededServers().natsUrl }) : undefined;
      try {
        const heard = events?.subscribe(`wallet.keys.${nina}`, { max: 1 });
        await events?.flush();
        await new Actor(devnet, nina, second).deleteKey(first.publicKey);
        await told(system, stale);
        for await (const { data } of heard ?? []) {
          const { accountId, publicKey, event, onNear, blockHeight, deletedAtHeight } = fromBinary(
            KeyEventSchema,
            data,
          );
          assert.deepEqual([accountId, publicKey, event, onNear], [nina, first.publicKey, "stale", "absent"]);
          assert(deletedAtHeight !== undefined && deletedAtHeight <= blockHeight);
        }
        const { stale_keys, stale_total } = await staleKeys(system);
        assert.equal(stale_total, 1);
        const { receiverId, actions } = stale_keys[0].removal.transaction;
        const { methodName, args, gas, deposit } = actions[0].params;
        const actor = new Actor(devnet, nina, second);
        await actor.call({ receiverId, methodName, args, gas: BigInt(gas), deposit: BigInt(deposit) });
        devnet.controls.accounts.addKey(nina, third.publicKey, { kind: "fullAccess" });
        await actor.deleteKey(third.publicKey);
        await told(system, resolved);
      } finally {
        await events?.close();
      }
    }));

  it("are told by state at the start, where the deletion is older than the product's run", () =>
    withSystem({ shape, environment }, async (system) => {
      makeNina(system);
      await system.stopProduct();
      await new Actor(system.devnet, nina, second).deleteKey(first.publicKey);
      makeFinal(system);
      await system.restart();
      await told(system, stale);
    }));

  it("are watched only where the operator names the account", () =>
    withSystem({ shape, environment: { WATCH_KEYS_OF: "mike.near" } }, async (system) => {
      makeNina(system);
      await new Actor(system.devnet, nina, second).deleteKey(first.publicKey);
      makeFinal(system);
      // A watched account's deletion is told after that of nina's, had that been told.
      const { accounts, verifier } = system.devnet.controls;
      accounts.addKey("mike.near", first.publicKey, { kind: "fullAccess" });
      verifier.addKey("mike.near", first.publicKey);
      await new Actor(system.devnet, "mike.near").deleteKey(first.publicKey);
      await told(system, stale, "mike.near");
      const { broadcaster } = system.product.http;
      await waitUntil(async () => {
        const [sample] = samplesOf(await scrape(broadcaster), "watched_key_events_total");
        return sample?.labels === 'event="stale"' && sample.value === 1;
      }, "its event is counted");
      assert(system.logs.filter((line) => line.includes(stale)).every((line) => line.includes("mike.near")));
    }));
});

describeShapes("the keys of an account that signed in", (shape) => {
  const sessions = { SESSION_SECRET_KEYS: "5e".repeat(32), SESSION_AUDIENCE: "wallet.example" };

  it("are watched where the operator says so", () =>
    withSystem({ shape, environment: { ...sessions, WATCH_KEYS_OF: "@signed-in" } }, async (system) => {
      makeNina(system);
      makeFinal(system);
      const ask = async (path: string, body: object) => {
        const answer = await system.rest().post(`/auth/${path}`, body);
        assert.equal(answer.status, 200, answer.body.message);
        return answer.body;
      };
      const challenge = await ask("challenge", { account_id: nina });
      await ask("verify", { account_id: nina, signed: signedNep413(second, challenge) });
      // A term that begins now asks at once who has signed in.
      await system.restart();
      await new Actor(system.devnet, nina, second).deleteKey(first.publicKey);
      await told(system, stale);
      assert(system.logs.filter((line) => line.includes(stale)).every((line) => line.includes(nina)));
    }));
});

describe("a function-call key of an account's", () => {
  it("can remove no key in the verifier: NEAR lets it attach nothing, and the verifier asks for 1 yoctoNEAR", () =>
    withSystem({}, async (system) => {
      makeNina(system);
      const { accounts } = system.devnet.controls;
      const permission = { receiverId: "intents.near", methodNames: ["remove_public_key"], allowance: 10n ** 24n };
      accounts.addKey(nina, third.publicKey, { kind: "functionCall", ...permission });
      makeFinal(system);
      const actor = new Actor(system.devnet, nina, third);
      const removal = {
        receiverId: "intents.near",
        methodName: "remove_public_key",
        args: { public_key: first.publicKey },
      };
      await assert.rejects(
        actor.call({ ...removal, ...yocto, waitUntil: "EXECUTED_OPTIMISTIC" }),
        /DepositWithFunctionCall/,
      );
      const hash = await actor.call({ ...removal, ...yocto, deposit: 0n });
      const { status } = system.devnet.chain.view().state().outcome(hash) ?? {};
      const receipt = status?.kind === "receipt" ? system.devnet.chain.view().state().outcome(status.id) : undefined;
      assert.match(JSON.stringify(receipt?.status ?? ""), /Requires attached deposit of exactly 1 yoctoNEAR/);
      const { keys } = (await system.rest().get(`/accounts/${nina}`)).body;
      assert.deepEqual(
        keys.map(({ public_key }: { public_key: string }) => public_key),
        [first.publicKey],
      );
    }));
});

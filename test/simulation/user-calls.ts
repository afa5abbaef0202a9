import { permission, scope, useElsewhere } from "../support/direct-user.ts";
import type { Dice } from "./dice.ts";
import type { Order } from "./load.ts";
import { type World, walletIds } from "./world.ts";

/**
 * Calls of a user's own key, in half of the histories: some wallets' keys are installed, and some calls ordered. Others use
 * such a key as well, or the user takes it away.
 * @param withinMs when the last one is posted, milliseconds from the begin of the history
 */
export async function userCallsOf(world: World, dice: Dice, withinMs: number): Promise<readonly Order[]> {
  if (dice.chance(0.5)) return [];
  const { accounts, blocks } = world.devnet.controls;
  const callers = walletIds.filter(() => dice.chance(0.6));
  for (const walletId of callers) {
    const { publicKey } = await world.planner(walletId).prepareUserKey(JSON.stringify(scope));
    accounts.addKey(scope.user_id, publicKey, permission());
    const at = () => dice.between(0, withinMs);
    if (dice.chance(0.5)) world.scheduler.after(at(), () => use(world, publicKey, dice.between(1, 5)));
    if (dice.chance(0.2)) world.scheduler.after(at(), () => deleteKey(world, publicKey));
  }
  blocks.mine({ blocks: 3 });
  return callers.flatMap((walletId) =>
    Array.from({ length: dice.between(1, 3) }, (_, index): Order => {
      const key = `user-call-${index}`;
      return {
        walletId,
        endpoint: "user_call",
        key,
        json: JSON.stringify({ ...scope, idempotency_key: key }),
        atMs: dice.between(0, withinMs),
        isDoubled: dice.chance(0.1),
        cancelledAfterMs: dice.chance(0.2) ? dice.between(0, dice.pick([1_000, 8_000])) : undefined,
      };
    }),
  );
}

function use(world: World, publicKey: string, nonces: number): void {
  const { devnet } = world;
  const isThere = devnet.controls.accounts.get(scope.user_id)?.keys.some((key) => key.publicKey === publicKey);
  if (!isThere) return;
  told(world, "user_key_used", `${publicKey} is used elsewhere`);
  useElsewhere(devnet, publicKey, BigInt(nonces));
}

function deleteKey(world: World, publicKey: string): void {
  told(world, "user_key_deleted", `${publicKey} is taken away`);
  world.devnet.controls.accounts.deleteKey(scope.user_id, publicKey);
}

function told({ tally, trace }: World, kind: string, what: string): void {
  tally.fault(kind);
  trace.note(`* ${what}`);
}

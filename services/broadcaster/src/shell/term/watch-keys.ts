import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { KeyEventSchema } from "@outlayer/contracts/outlayer/progress/v1/key_event";
import type { Bus, Logger, Ports } from "@outlayer/kit";
import { keysSubject } from "@outlayer/workflow";
import type { NearNode } from "../../core/ports/near-node.ts";
import type { Follower } from "../chain/follower.ts";
import { type KeyNews, KeyWatcher } from "../keys/key-watcher.ts";
import type { Term } from "./lease-keeper.ts";

interface WatchNeeds {
  readonly config: { readonly watchedAccounts: readonly string[]; readonly verifierId: string };
  readonly node: NearNode;
  readonly follower: Follower;
  readonly ports: Ports;
  readonly logger: Logger;
}

/** Watches the configured accounts' keys, and publishes what becomes of them. */
export function watchKeys({ config, node, follower, ports, logger }: WatchNeeds, bus: Bus): KeyWatcher {
  const watcher = new KeyWatcher({
    accountIds: config.watchedAccounts,
    verifierId: config.verifierId,
    node,
    follower,
    clock: ports.clock,
    logger,
    tell: (news) => bus.publish(keysSubject(news.accountId), eventOf(news)),
  });
  watcher.start();
  return watcher;
}

/** A term beside which something else runs: of several broadcasters, the one that drives also watches. */
export function besideTerm(term: Term, beside: Term): Term {
  return { stop: async () => void (await Promise.all([term.stop(), beside.stop()])) };
}

function eventOf({ accountId, publicKey, event, onNear, block, deletedAt }: KeyNews): Uint8Array {
  const told = {
    accountId,
    publicKey,
    event,
    onNear: onNear ?? "",
    blockHeight: BigInt(block.height),
    at: timestampFromMs(block.timeMs),
    ...(deletedAt === undefined ? {} : { deletedAtHeight: BigInt(deletedAt) }),
  };
  return toBinary(KeyEventSchema, create(KeyEventSchema, told));
}

import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Transport } from "@connectrpc/connect";
import { SessionService } from "@outlayer/contracts/outlayer/evidence/v1/session_service";
import { KeyEventSchema } from "@outlayer/contracts/outlayer/progress/v1/key_event";
import type { Bus, Logger, Metrics, Ports } from "@outlayer/kit";
import { keysSubject } from "@outlayer/workflow";
import type { NearNode } from "../../core/ports/near-node.ts";
import type { Follower } from "../chain/follower.ts";
import { type KeyNews, KeyWatcher } from "../keys/key-watcher.ts";
import type { Term } from "./lease-keeper.ts";

interface WatchNeeds {
  readonly config: { readonly verifierId: string };
  /** Accounts that the operator names, and the most accounts that signed in. */
  readonly watched: { readonly accountIds: readonly string[]; readonly mostSignedIn: number };
  readonly node: NearNode;
  readonly follower: Follower;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Watches accounts' keys, and publishes what becomes of them. */
export function watchKeys(
  { config, watched, node, follower, ports, logger, metrics }: WatchNeeds,
  bus: Bus,
  evidence: Transport,
): KeyWatcher {
  const { accountIds, mostSignedIn } = watched;
  const sessions = createClient(SessionService, evidence);
  const signedIn = async () => (await sessions.listSignedIn({ limit: mostSignedIn })).accountIds;
  const count = metrics.counter({
    name: "watched_key_events_total",
    help: "What was told of keys that the verifier takes though NEAR has deleted them: stale, or resolved.",
    labels: ["event"],
  });
  const watcher = new KeyWatcher({
    accountIds,
    ...(mostSignedIn === 0 ? {} : { signedIn }),
    verifierId: config.verifierId,
    node,
    follower,
    clock: ports.clock,
    logger,
    tell(news) {
      count({ event: news.event });
      bus.publish(keysSubject(news.accountId), eventOf(news));
    },
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

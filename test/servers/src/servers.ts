import { fromDebian as mongodbFromDebian } from "./mongodb/from-debian.ts";
import { fromDocker as mongodbFromDocker } from "./mongodb/from-docker.ts";
import { fromPath as mongodbFromPath } from "./mongodb/from-path.ts";
import { fromDebian as natsFromDebian } from "./nats/from-debian.ts";
import { fromDocker as natsFromDocker } from "./nats/from-docker.ts";
import { fromGo as natsFromGo } from "./nats/from-go.ts";
import { fromPath as natsFromPath } from "./nats/from-path.ts";
import type { Source } from "./source.ts";

/** Where each server comes from, tried in this order, when its variable names none. */
export const servers = {
  mongodb: { variable: "MONGODB_TEST_URL", sources: [mongodbFromDocker, mongodbFromPath, mongodbFromDebian] },
  nats: { variable: "NATS_TEST_URL", sources: [natsFromDocker, natsFromPath, natsFromDebian, natsFromGo] },
} as const satisfies Record<string, { variable: string; sources: readonly Source[] }>;

export type ServerKind = keyof typeof servers;

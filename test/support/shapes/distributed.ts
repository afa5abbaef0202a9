import assert from "node:assert/strict";
import { prepareReplicas } from "@outlayer/distributed";
import { serviceNames } from "@outlayer/kit";
import { fastStarts } from "../service-programs.ts";
import type { ShapeOfSystem } from "../shapes.ts";
import { neededServers } from "./servers.ts";

const endedWell = Object.fromEntries(serviceNames.map((name) => [name, 0]));

/** A process of each service, on a database of its own and the NATS that all share. */
export function distributed(heard: (line: string) => void): ShapeOfSystem {
  const { mongodb, natsUrl } = neededServers();
  const database = mongodb.database();
  return {
    environment: { DATABASE_URL: database.url, NATS_URL: natsUrl, LOG_LEVEL: "trace" },
    async start(environment) {
      const replicas = await prepareReplicas({ ...(await fastStarts()), environment, heard });
      try {
        await replicas.startAll();
      } catch (error) {
        await replicas.endAll("SIGKILL");
        throw error;
      }
      return {
        ...replicas.addresses(),
        async stop() {
          assert.deepEqual(await replicas.endAll(), endedWell, "every process stops in time");
        },
      };
    },
    remove: database.drop,
  };
}

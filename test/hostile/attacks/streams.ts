import { get } from "node:http";
import { create, toBinary } from "@bufbuild/protobuf";
import {
  GetRecordRequestSchema,
  WatchProgressRequestSchema,
} from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { Attack } from "../attack.ts";
import type { AttackWorld } from "../attack-world.ts";
import { lossOf } from "../clients/http1.ts";
import { call } from "./steps.ts";

const many = 150;
const as = "hostile-streams";

export const streams: Attack = {
  name: "event-streams",
  tries: "opens event streams, long polls and watches of one record by the hundred, and reads none of them",
  everyMs: 30_000,
  refusals: [
    "200",
    "202",
    "204",
    "400",
    "404",
    "409",
    "429",
    "503",
    "grpc 0",
    "grpc 1",
    "grpc 5",
    "grpc 8",
    "grpc 14",
    "timeout",
    "closed",
    "reset",
    "stream REFUSED_STREAM",
    "stream CANCEL",
  ],
  async round(world) {
    const { body } = await world.rest({
      path: "/wallet/v1/workflows/execute",
      method: "POST",
      as,
      headers: { prefer: "wait=0" },
      body: { steps: [call("register.near", "set", { value: 5 })] },
    });
    const requestId: string | undefined = body?.request_id;
    if (requestId === undefined) return;
    const path = `/wallet/v1/workflows/${requestId}`;
    const watch = toBinary(WatchProgressRequestSchema, create(WatchProgressRequestSchema, { requestId }));
    const poll = toBinary(
      GetRecordRequestSchema,
      create(GetRecordRequestSchema, { requestId, waitMs: 20_000, untilTerminal: true }),
    );
    const method = (name: string) => `/outlayer.evidence.v1.RecordService/${name}`;
    const headers = world.credentialsOf(as);
    await Promise.all([
      ...Array.from({ length: many }, () => streamed(world, `${path}/events`)),
      ...Array.from({ length: many }, () => streamed(world, `${path}?wait=25`)),
      ...Array.from({ length: 40 }, () =>
        world.grpc("evidence", { path: method("WatchProgress"), message: watch, headers, timeoutMs: 4_000 }),
      ),
      ...Array.from({ length: 40 }, () =>
        world.grpc("evidence", { path: method("GetRecord"), message: poll, headers, timeoutMs: 4_000 }),
      ),
    ]);
  },
};

/** A connection of its own, on which nothing is read after the head. */
function streamed(world: AttackWorld, path: string): Promise<void> {
  return new Promise((resolve) => {
    const over = setTimeout(() => giveUp(), Math.max(0, Math.min(4_000, world.endsMs - Date.now())));
    let isCounted = false;
    const giveUp = () => {
      done(undefined, undefined, "timeout");
      request.destroy();
    };
    const done = (status: number | undefined, retryAfter?: string, loss?: string) => {
      if (isCounted) return;
      isCounted = true;
      world.heard(status, retryAfter, loss, path);
    };
    const request = get(
      world.targets.restUrl + path,
      { agent: false, headers: world.credentialsOf(as) },
      (response) => {
        done(response.statusCode, response.headers["retry-after"]);
        response.pause();
        if (response.statusCode !== 200) request.destroy();
      },
    );
    request.on("error", (error) => done(undefined, undefined, lossOf(error)));
    request.on("close", () => {
      clearTimeout(over);
      done(undefined, undefined, "timeout");
      resolve();
    });
  });
}

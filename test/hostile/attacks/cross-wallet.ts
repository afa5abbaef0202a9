import { create, toBinary } from "@bufbuild/protobuf";
import { GetRecordRequestSchema } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import type { Attack } from "../attack.ts";
import { tooLate } from "../clients/h2.ts";
import { anyId } from "./steps.ts";

const as = "hostile-reader";

export const crossWallet: Attack = {
  name: "cross-wallet",
  tries: "reads, follows and cancels other wallets' records, by their ids in every spelling and by every way in",
  everyMs: 2_000,
  // Another's record is the same as one that never was.
  refusals: ["400", "401", "404", "429", "grpc 3", "grpc 5", "grpc 8", "grpc 14", "grpc 16", "503", tooLate],
  async round(world) {
    const ids = world.honestRequestIds;
    const requestId = ids.length === 0 ? anyId(world.dice) : world.dice.pick(ids.slice(-40));
    const spellings = [
      requestId,
      requestId.toUpperCase(),
      `%${requestId.charCodeAt(0).toString(16)}${requestId.slice(1)}`,
    ];
    for (const id of spellings) {
      for (const path of [
        `/wallet/v1/workflows/${id}`,
        `/wallet/v1/workflows/${id}?wait=1`,
        `/wallet/v1/workflows/${id}/events`,
        `/wallet/v1/sequential-batch/${id}`,
        `/wallet/v1/direct-user/function-call/${id}`,
      ]) {
        const { status, text } = await world.rest({ path, as });
        if (status !== undefined && status < 400) world.leaked(`GET ${path}: ${status} ${text.slice(0, 200)}`);
      }
      const { status } = await world.rest({ path: `/wallet/v1/workflows/${id}`, method: "DELETE", as });
      if (status !== undefined && status < 400) world.leaked(`DELETE ${id}: ${status}`);
      const message = toBinary(GetRecordRequestSchema, create(GetRecordRequestSchema, { requestId: id.slice(0, 128) }));
      const headers = world.credentialsOf(as);
      for (const method of ["GetRecord", "GetHistory", "WatchProgress"]) {
        const path = `/outlayer.evidence.v1.RecordService/${method}`;
        const answer = await world.grpc("evidence", { path, message, headers });
        if (answer.status === "0") world.leaked(`${method} of ${id} answered`);
      }
    }
    // The first credential counts: somebody else's name beside one's own key is nobody's.
    await world.rest({ path: `/wallet/v1/workflows/${requestId}`, as, headers: { "x-wallet-id": "honest-1" } });
  },
};

import assert from "node:assert/strict";
import type { JsonObject } from "@bufbuild/protobuf";
import { InvalidRequest, readJsonObject } from "@outlayer/workflow";

export function refusal(read: (document: JsonObject) => unknown, text: string): string {
  try {
    read(readJsonObject(text));
  } catch (error) {
    assert.ok(error instanceof InvalidRequest, `${error}`);
    return error.message;
  }
  return "accepted";
}

export const step = (fields: object) => JSON.stringify({ steps: [fields] });
export const call = { receiver_id: "count.mike.near", method_name: "increase", gas: "1", args_json: "{}" };
export const batch = (fields: object) => JSON.stringify({ gate_id: "gate.sequential.near", calls: [call], ...fields });

import { type DescMessage, type JsonObject, type MessageShape, toJson } from "@bufbuild/protobuf";
import { Code, invalid, Refusal } from "@outlayer/kit";
import { InvalidRequest, invalidJson, readJsonObject } from "@outlayer/workflow";
import { checkMessageBounds } from "./message-bounds.ts";

/** UTF-8 bytes, as over REST. */
const maxBytes = 256 * 1024;

/**
 * The document in a JSON text.
 * @param limit UTF-8 bytes
 * @throws InvalidRequest for a text that cannot be read; Refusal ResourceExhausted for one that is too long
 */
export function documentOfText(text: string, limit = maxBytes): JsonObject {
  if (Buffer.byteLength(text) > limit) {
    const said = `the body must be at most ${limit} bytes`;
    throw new Refusal(Code.ResourceExhausted, said, { reason: "BODY_TOO_LARGE" });
  }
  return readJsonObject(text);
}

/**
 * The document for a typed message. It is converted through JSON text, so that the same rules apply to both forms.
 * @param list a list that JSON requires, if any; in a message an empty one cannot be told from an absent one
 * @param limit UTF-8 bytes of the JSON text
 * @throws as documentOfText
 */
export function documentOfMessage<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  list: string | undefined,
  limit = maxBytes,
): JsonObject {
  checkMessageBounds(message);
  const lists = list === undefined ? {} : { [list]: [] };
  return documentOfText(JSON.stringify(Object.assign(lists, jsonOf(schema, message))), limit);
}

function jsonOf<D extends DescMessage>(schema: D, message: MessageShape<D>) {
  try {
    return toJson(schema, message, { useProtoFieldName: true });
  } catch {
    // Protobuf has values that JSON has not: a number that is not finite, a value of no kind.
    throw invalidJson("a value cannot be written as JSON");
  }
}

/** Runs a reader of requests, and turns its InvalidRequest into a Refusal InvalidArgument. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidRequest) throw invalid(error.message, { reason: error.reason, field: error.field });
    throw error;
  }
}

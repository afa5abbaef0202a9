import { type DescMessage, type JsonObject, type MessageShape, toJson } from "@bufbuild/protobuf";
import { Code, invalid, Refusal } from "@outlayer/kit";
import { InvalidRequest, invalidJson, readJsonObject } from "@outlayer/workflow";
import { checkMessageBounds } from "./message-bounds.ts";

/** Bytes of UTF-8, the same as over REST. */
const maxBytes = 256 * 1024;

/**
 * The document that a JSON text says.
 * @throws InvalidRequest for a text that cannot be read; Refusal ResourceExhausted for one over 256 KiB
 */
export function documentOfText(text: string): JsonObject {
  if (Buffer.byteLength(text) > maxBytes) {
    const said = `the body must be at most ${maxBytes} bytes`;
    throw new Refusal(Code.ResourceExhausted, said, { reason: "BODY_TOO_LARGE" });
  }
  return readJsonObject(text);
}

/**
 * The document that a message stands for. It takes the way of a text, so that no rule depends on which form was sent.
 * @param list a list that JSON must have and that a message cannot leave out, only have empty
 * @throws as documentOfText
 */
export function documentOfMessage<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  list: string,
): JsonObject {
  checkMessageBounds(message);
  return documentOfText(JSON.stringify(Object.assign({ [list]: [] }, jsonOf(schema, message))));
}

function jsonOf<D extends DescMessage>(schema: D, message: MessageShape<D>) {
  try {
    return toJson(schema, message, { useProtoFieldName: true });
  } catch {
    // What protobuf can say and JSON cannot: a number that is not finite, a value of no kind.
    throw invalidJson("a value cannot be written as JSON");
  }
}

/** Runs what reads a request, and refuses with InvalidArgument what cannot be read. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidRequest) throw invalid(error.message, { reason: error.reason, field: error.field });
    throw error;
  }
}

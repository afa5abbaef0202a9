import type { JsonObject, JsonValue } from "@bufbuild/protobuf";

/** A request that crosses services as JSON text, which is cheap to pass on. Old logs hold it as a value. */
export interface RequestFields {
  readonly originalRequestText: string;
  readonly workflowText: string;
  readonly originalRequestJson?: JsonObject | undefined;
  readonly workflowJson?: JsonObject | undefined;
}

/** The request as the caller sent it; empty where it is not known. */
export function originalRequestOf({ originalRequestText, originalRequestJson }: RequestFields): JsonObject {
  return originalRequestText === "" ? (originalRequestJson ?? {}) : objectOf(originalRequestText);
}

/** The request as it was planned; empty where it is not known. */
export function workflowOf({ workflowText, workflowJson }: RequestFields): JsonObject {
  return workflowText === "" ? (workflowJson ?? {}) : objectOf(workflowText);
}

/** The two texts, also from an old log that holds values. */
export function requestTexts(written: RequestFields): Pick<RequestFields, "originalRequestText" | "workflowText"> {
  return {
    originalRequestText: written.originalRequestText || JSON.stringify(written.originalRequestJson ?? {}),
    workflowText: written.workflowText || JSON.stringify(written.workflowJson ?? {}),
  };
}

function objectOf(text: string): JsonObject {
  const value: JsonValue = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("a request that was recorded is no JSON object");
  }
  return value;
}

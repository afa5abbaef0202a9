import type { JsonObject } from "@bufbuild/protobuf";
import type { ExecuteWorkflowRequest } from "@outlayer/contracts/outlayer/planner/v1/planner";
import { WorkflowSchema } from "@outlayer/contracts/outlayer/workflow/v1/step";
import { invalid } from "@outlayer/kit";
import { documentOfMessage, documentOfText } from "./document.ts";

/** @throws as documentOfText; Refusal InvalidArgument without a body */
export function workflowDocument(body: ExecuteWorkflowRequest["body"]): JsonObject {
  switch (body.case) {
    case "workflow":
      return documentOfMessage(WorkflowSchema, body.value, "steps");
    case "workflowJson":
      return documentOfText(body.value);
    case undefined:
      throw invalid("a workflow is required");
  }
}

import type { DirectUserScope } from "@outlayer/workflow";
import { Problem } from "./problem.ts";

/**
 * The scope in a query; `method_names` repeated or separated by commas.
 * @throws Problem 400 for a part that is missing or repeated
 */
export function scopeOfQuery(query: URLSearchParams): DirectUserScope {
  const methodNames = query.getAll("method_names").flatMap((names) => names.split(",").filter((name) => name !== ""));
  const scope = {
    userId: one(query, "user_id"),
    registryId: one(query, "registry_id"),
    receiverId: one(query, "receiver_id"),
    methodNames,
  };
  if (methodNames.length === 0) throw new Problem(400, "method_names is required");
  return scope;
}

function one(query: URLSearchParams, name: string): string {
  const [value, ...others] = query.getAll(name);
  if (value === undefined || value === "") throw new Problem(400, `${name} is required`);
  if (others.length > 0) throw new Problem(400, `${name} must be given once`);
  return value;
}

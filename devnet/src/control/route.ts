import type { ControlBody } from "./control-body.ts";

export interface RouteRequest {
  readonly body: ControlBody;
  readonly query: URLSearchParams;
  /** A decoded part of the path, which the route names `:name`. */
  part(name: string): string;
}

/** One operation of the control API. `path` may have parts like `:id`; the result of `run` is sent as JSON. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  run(request: RouteRequest): unknown;
}

/** Named parts of the path; undefined where it does not match. */
export function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | undefined {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, name] of wanted.entries()) {
    const part = given[index] ?? "";
    if (name.startsWith(":")) parts[name.slice(1)] = decodeURIComponent(part);
    else if (name !== part) return undefined;
  }
  return parts;
}

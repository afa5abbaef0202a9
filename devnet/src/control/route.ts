import type { ControlBody } from "./control-body.ts";

export interface RouteRequest {
  readonly body: ControlBody;
  readonly query: URLSearchParams;
  /** A part of the path that the route names `:name`, decoded. */
  part(name: string): string;
}

/** One thing that the control API can do. `path` may have parts like `:id`; what `run` answers is sent as JSON. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  run(request: RouteRequest): unknown;
}

/** Parts of the path by their names in the pattern, undefined where it does not fit. */
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

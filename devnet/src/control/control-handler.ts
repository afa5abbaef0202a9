import type { Chain } from "../chain/chain.ts";
import { ControlBody } from "./control-body.ts";
import { ControlError } from "./control-error.ts";
import type { Controls } from "./controls.ts";
import { type HttpAnswer, type HttpHandler, type HttpRequest, jsonAnswer } from "./http-server.ts";
import { stringifyLossless } from "./lossless-json.ts";
import { matchPath, type Route } from "./route.ts";
import { blockRoutes } from "./routes/block-routes.ts";
import { contractRoutes } from "./routes/contract-routes.ts";
import { faultRoutes } from "./routes/fault-routes.ts";
import { ledgerRoutes } from "./routes/ledger-routes.ts";

/** The control API: JSON in and out, `{"error"}` with 400 for a request that cannot be carried out, 404 for an unknown path. */
export function controlHandler(controls: Controls, chain: Chain): HttpHandler {
  const routes = [
    ...blockRoutes(controls, chain),
    ...ledgerRoutes(controls),
    ...contractRoutes(controls),
    ...faultRoutes(controls),
  ];
  return (request) => answer(routes, request);
}

async function answer(routes: readonly Route[], request: HttpRequest): Promise<HttpAnswer> {
  for (const route of routes) {
    const parts = route.method === request.method ? matchPath(route.path, request.path) : undefined;
    if (parts !== undefined) return run(route, parts, request);
  }
  return failure(404, `there is no ${request.method} ${request.path}`);
}

async function run(
  route: Route,
  parts: Readonly<Record<string, string>>,
  { body, query }: HttpRequest,
): Promise<HttpAnswer> {
  try {
    const given = await route.run({ body: new ControlBody(body), query, part: (name) => parts[name] ?? "" });
    return jsonAnswer(200, stringifyLossless(given ?? {}));
  } catch (error) {
    if (error instanceof ControlError) return failure(400, error.message);
    return failure(500, error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

function failure(status: number, error: string): HttpAnswer {
  return jsonAnswer(status, stringifyLossless({ error }));
}

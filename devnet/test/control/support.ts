import type { Devnet } from "../../src/devnet.ts";

export {
  callAction,
  callRpc,
  mineUntil,
  refusal,
  result,
  settle,
  signed,
  tera,
  transferAction,
  withDevnet,
} from "../rpc/support.ts";

export interface ControlAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
  readonly body: any;
}

/** Asks the control API, e.g. `control(devnet, "POST /mine", { blocks: 2 })`. */
export async function control(devnet: Devnet, route: string, body?: unknown): Promise<ControlAnswer> {
  const [method = "", path = ""] = route.split(" ");
  const given = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(`${devnet.controlUrl}${path}`, { method, ...given });
  return { status: answer.status, body: await answer.json() };
}

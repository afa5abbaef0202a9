import type { Attack } from "../attack.ts";
import { call } from "./steps.ts";

const as = "hostile-keys";

export const idempotency: Attack = {
  name: "idempotency",
  tries: "has one key, in every spelling and at once, carry different bodies, and repeats other wallets' keys",
  everyMs: 15_000,
  refusals: ["200", "202", "400", "409", "429", "503"],
  async round(world) {
    const key = `once-${world.dice.next()}`;
    const post = (value: number, headers: Readonly<Record<string, string>>) =>
      world.rest({
        path: "/wallet/v1/workflows/execute",
        method: "POST",
        as,
        headers: { prefer: "wait=0", ...headers },
        body: { steps: [call("nobody-has-this-account.near", "set", { value })] },
      });
    const spelled = [
      { "idempotency-key": key },
      { "idempotency-key": `"${key}"` },
      { "x-idempotency-key": key },
      { "idempotency-key": key, "x-idempotency-key": key },
    ];
    const answers = await Promise.all(
      spelled.flatMap((headers) => [post(1, headers), post(2, headers), post(1, headers)]),
    );
    const opened = new Set(answers.flatMap(({ body }) => (body?.request_id === undefined ? [] : [body.request_id])));
    if (opened.size > 1) world.gotThrough(`one key, as ${key} and "${key}", opened ${opened.size} records`);
    for (const taken of ["honest-1-1", "honest-2-1"]) await post(3, { "idempotency-key": taken });
    for (const bad of ["", "x".repeat(256), '"', '"a"b"', "\u00e9"]) await post(4, { "idempotency-key": bad });
  },
};

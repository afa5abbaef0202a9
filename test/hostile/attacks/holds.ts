import { gzipSync } from "node:zlib";
import type { Hold } from "../attack.ts";
import type { AttackWorld } from "../attack-world.ts";
import { bombFor, methodsOf, pathOf } from "./bombs.ts";
import { lawful } from "./steps.ts";

const limit = 258_000;
/** Whoever has not answered by then is held up, and its loop says for how long. */
const timeoutMs = 8_000;
const steps = JSON.stringify([lawful()]);
const filled = (head: string, part: string, tail: string) =>
  head + part.repeat(Math.floor((limit - head.length - tail.length) / part.length)) + tail;
const keys = Array.from({ length: 22_000 }, (_, index) => `"k${index}":0`).join();

/** Bodies of REST that cost whoever reads them more than others of their size; each is within the limit of 256 KiB. */
export const hostileBodies: Readonly<Record<string, string>> = {
  "zeros beside the steps": filled(`{"steps":${steps},"x":[0`, ",0", "]}"),
  "empty objects beside the steps": filled(`{"steps":${steps},"x":[{}`, ",{}", "]}"),
  "nested arrays": `{"steps":${steps},"x":${"[".repeat(120_000)}${"]".repeat(120_000)}}`,
  "nested objects": `{"steps":${steps},"x":${'{"a":'.repeat(40_000)}0${"}".repeat(40_000)}}`,
  "nested steps": `{"steps":${"[".repeat(120_000)}${"]".repeat(120_000)}}`,
  "many keys": `{"steps":${steps},"x":{${keys}}}`,
  "many keys of the body": `{"steps":${steps},${keys}}`,
  "a key twice, at the end": `{"steps":${steps},"x":{${keys},"k0":1}}`,
  "many steps": filled('{"steps":[{}', ",{}", "]}"),
  "many intents": filled(
    '{"steps":[{"kind":"intents.execute_raw","intents":[{"intent":"transfer"}',
    ',{"intent":"transfer"}',
    "]}]}",
  ),
  "many tokens": `{"steps":[{"kind":"intents.execute_raw","intents":[{"intent":"transfer","receiver_id":"mike.near","tokens":{${Array.from({ length: 4_900 }, (_, index) => `"nep141:t${index}.near":"1"`).join()}}}]}]}`,
  "a number of many digits": `{"steps":${steps},"x":${"9".repeat(250_000)}}`,
  "a number with a huge exponent": `{"steps":${steps},"x":1e${"9".repeat(250_000)}}`,
  "an amount of many digits": JSON.stringify({ steps: [lawful("9".repeat(250_000))] }),
  escapes: filled(`{"steps":${steps},"x":"`, "\\u0000", '"}'),
  "a lone quote": filled(`{"steps":${steps},"x":"`, "\\", ""),
  blanks: filled(`{"steps":`, " ", `${steps}}`),
  "arguments of many values": JSON.stringify({
    steps: [
      { receiver_id: "register.near", method_name: "set", route: "gate_proxy", args_json: Array(120_000).fill(0) },
    ],
  }),
  "raw signing fields": `{"steps":[{${Array.from({ length: 4_900 }, (_, index) => `"private_kez${index}":{}`).join()}}]}`,
  "a method of many characters": JSON.stringify({
    steps: [{ receiver_id: "a.".repeat(60_000), method_name: "x".repeat(120_000), route: "gate_proxy" }],
  }),
  counterparties: filled(
    '{"steps":[{"kind":"intents.swap","token_in":"a","token_out":"b","amount_in":"1","counterparty_signed":[{"a":{}}',
    ',{"a":{}}',
    "]}]}",
  ),
};

/** Values of one header, within 16 KB. */
export const hostileHeaders: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a quoted Prefer": { prefer: `"${"a".repeat(15_000)}` },
  "a Prefer of quotes": { prefer: `${'"\\'.repeat(7_000)}"` },
  "a Prefer of blanks": { prefer: `wait${" \t".repeat(7_400)}=x` },
  "a Prefer of commas": { prefer: ",".repeat(15_000) },
  "a key of quotes": { "idempotency-key": `"${'\\"'.repeat(7_000)}` },
  "a key of blanks": { "idempotency-key": `"${" ".repeat(15_000)}` },
  "a bearer of blanks": { authorization: `Bearer ${" ".repeat(15_000)}` },
  "a type of parameters": { "content-type": `application/json${"; a=b".repeat(2_900)}` },
  "an Accept of many": { accept: "a/b;q=0.1,".repeat(1_450) },
  "a traceparent": { traceparent: `00-${"0".repeat(15_000)}` },
  "a Last-Event-ID": { "last-event-id": "9".repeat(15_000) },
};

const ofBodies = Object.entries(hostileBodies).flatMap(([name, body]): Hold[] =>
  (["plan", "execute"] as const).map((endpoint) => ({
    name: `body, ${endpoint}: ${name}`,
    async send(world) {
      await post(world, `/wallet/v1/workflows/${endpoint}`, body, {});
    },
  })),
);

const ofHeaders = Object.entries(hostileHeaders).map(
  ([name, headers]): Hold => ({
    name: `header: ${name}`,
    async send(world) {
      await post(world, "/wallet/v1/workflows/plan", `{"steps":${steps}}`, headers);
      await world.rest({ path: "/wallet/v1/preflight", as: "hostile-headers", headers });
    },
  }),
);

const ofBombs = (["planner", "signer-proxy", "broadcaster", "evidence"] as const).flatMap((service): Hold[] =>
  methodsOf(service)
    .filter(({ methodKind }) => methodKind === "unary")
    .map((method) => ({
      name: `bomb: ${method.parent.name}/${method.name}`,
      async send(world) {
        const bomb = bombFor(method);
        await world.grpc(service, { path: pathOf(method), message: gzipSync(bomb), isCompressed: true, timeoutMs });
        await world.grpc(service, { path: pathOf(method), message: bomb, timeoutMs });
      },
    })),
);

/** Requests that are sent one by one, while the event loops are looked at. */
export const holds: readonly Hold[] = [...ofHeaders, ...ofBodies, ...ofBombs];

function post(world: AttackWorld, path: string, body: string, headers: Readonly<Record<string, string>>) {
  return world.rest({
    path,
    method: "POST",
    as: "hostile-bodies",
    headers: { prefer: "wait=0", ...headers },
    body,
    timeoutMs,
  });
}

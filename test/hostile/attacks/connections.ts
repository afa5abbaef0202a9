import { constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { serviceNames } from "@outlayer/kit";
import type { Attack } from "../attack.ts";
import type { AttackWorld } from "../attack-world.ts";
import { H2Client } from "../clients/h2.ts";

/** How many connections of a kind are open at once on one port. */
const crowd = 60;
const gone = ["reset", "closed", "timeout", "refused", "open"] as const;

export const idle: Attack = {
  name: "idle-connections",
  tries: "opens connections to every port and says nothing, or drips headers and bodies byte by byte",
  everyMs: 20_000,
  refusals: [...gone, "400", "401", "404", "408", "413", "429", "431", "503"],
  async round(world) {
    const { restUrl, grpc, http } = world.targets;
    const urls = [restUrl, ...Object.values(grpc), ...Object.values(http)];
    const drips: readonly (readonly [first: string, drop: string])[] = [
      ["", ""],
      ["GET /livez HTTP/1.1\r\nhost: x\r\n", "a: b\r\n"],
      [
        `POST /wallet/v1/workflows/plan HTTP/1.1\r\nhost: ${new URL(restUrl).host}\r\ncontent-length: 200000\r\n\r\n{`,
        " ",
      ],
    ];
    await Promise.all(
      urls.flatMap((url) =>
        drips.flatMap(([first, drop]) =>
          Array.from({ length: Math.ceil(crowd / drips.length) }, () => dripped(world, new URL(url), first, drop)),
        ),
      ),
    );
  },
};

/** Holds one connection for a few seconds. */
function dripped(world: AttackWorld, { hostname, port }: URL, first: string, drop: string): Promise<void> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host: hostname, port: Number(port) });
    let code = "closed";
    const timer = setInterval(() => drop !== "" && socket.write(drop), 500);
    const over = setTimeout(
      () => {
        code = "open";
        socket.destroy();
      },
      Math.max(0, Math.min(5_000, world.endsMs - Date.now())),
    );
    socket.on("connect", () => first !== "" && socket.write(first));
    socket.on("data", (chunk) => {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString("latin1"))?.[1];
      if (status !== undefined) code = status;
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      code = error.code === "ECONNREFUSED" ? "refused" : "reset";
    });
    socket.on("close", () => {
      clearInterval(timer);
      clearTimeout(over);
      world.did(code);
      resolve();
    });
  });
}

export const resets: Attack = {
  name: "rapid-resets",
  tries: "opens streams of HTTP/2 and resets them at once, by the thousand, and leaves others half open",
  everyMs: 10_000,
  refusals: [...gone, "stream"],
  async round(world) {
    for (const service of serviceNames) {
      if (world.isOver) return;
      await Promise.all([
        burst(world, world.targets.grpc[service], 400),
        halfOpen(world, world.targets.grpc[service], 300),
      ]);
    }
  },
};

const requestTo = (path: string) => ({
  [constants.HTTP2_HEADER_METHOD]: "POST",
  [constants.HTTP2_HEADER_PATH]: path,
  "content-type": "application/grpc+proto",
  te: "trailers",
});

/** Streams that are opened and reset in one go. */
async function burst(world: AttackWorld, url: string, times: number): Promise<void> {
  const client = new H2Client(url);
  try {
    const session = client.session();
    for (let made = 0; made < times; made += 1) {
      if (session.destroyed || session.closed) break;
      const stream = session.request(requestTo("/outlayer.evidence.v1.RecordService/GetRecord"));
      stream.on("error", () => {});
      stream.close(constants.NGHTTP2_CANCEL);
      world.did("stream");
      if (made % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
    }
    await world.pause(100);
  } finally {
    client.close();
  }
}

/** Streams whose requests never end. */
async function halfOpen(world: AttackWorld, url: string, times: number): Promise<void> {
  const client = new H2Client(url);
  try {
    const session = client.session();
    for (let made = 0; made < times && !session.destroyed && !session.closed; made += 1) {
      const stream = session.request(requestTo("/outlayer.planner.v1.PlannerService/Plan"));
      stream.on("error", () => {});
      stream.write(Buffer.of(0, 0, 0));
      world.did("stream");
    }
    await world.pause(1_500);
  } finally {
    client.close();
  }
}

import assert from "node:assert/strict";
import {
  type Bus,
  contextOf,
  createLogger,
  inContext,
  type Messaging,
  natsServers,
  openMessaging,
  systemPorts,
  traceHeaders,
} from "@outlayer/kit";
import { type NewNats, needOwnNats, type OwnNats } from "@outlayer/test-servers";

const data = (text: string) => new TextEncoder().encode(text);

interface Line {
  readonly level: string;
  readonly msg: string;
}

/** A process's messaging, with what it logs. */
class Member {
  readonly lines: Line[] = [];
  readonly text: string[] = [];
  readonly messaging: Messaging;
  readonly #waiting = new Set<() => void>();

  constructor(url: string) {
    const write = (line: string) => {
      this.text.push(line);
      this.lines.push(JSON.parse(line));
      for (const look of this.#waiting) look();
    };
    const logger = createLogger("member", "trace", { write });
    const config = { ...natsServers(url), replicas: 1, maxAgeMs: 60_000 };
    this.messaging = openMessaging(config, { name: "member", ports: systemPorts(), logger });
  }

  get bus(): Bus {
    return this.messaging.bus;
  }

  said(count: number, msg: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.lines.filter((line) => msg.test(line.msg)).length < count) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** Resolves with the next message on a subject. */
function next(bus: Bus, subject: string): Promise<string> {
  return new Promise((resolve) => {
    const end = bus.subscribe(subject, (received) => {
      end();
      resolve(new TextDecoder().decode(received));
    });
  });
}

/** Publishes until it is heard: a subscription takes its time to get to the server. */
async function heard(message: Promise<string>, publish: () => void): Promise<string> {
  const timer = setInterval(publish, 20);
  try {
    return await message;
  } finally {
    clearInterval(timer);
  }
}

describe("the bus on NATS", () => {
  let newNats: NewNats;
  let server: OwnNats;
  const members: Member[] = [];
  const member = (url = server.url) => {
    const made = new Member(url);
    members.push(made);
    return made;
  };
  before(async function () {
    newNats = await needOwnNats(this);
  });
  beforeEach(async () => {
    server = await newNats();
  });
  afterEach(async () => {
    for (const { messaging } of members.splice(0)) await messaging.stop();
    await server.remove();
  });

  it("brings what one process publishes to the others, on their subjects", async () => {
    const [one, other] = [member(), member()];
    const strays: string[] = [];
    other.bus.subscribe("b", (received) => strays.push(String(received)));
    const message = next(other.bus, "a");
    await Promise.all([one.said(1, /connected/), other.said(1, /connected/)]);
    assert.equal(await heard(message, () => one.bus.publish("a", data("hello"))), "hello");
    assert.deepEqual(strays, []);
  });

  it("carries the trace at hand on to those who hear it", async () => {
    const [one, other] = [member(), member()];
    await Promise.all([one.said(1, /connected/), other.said(1, /connected/)]);
    const message = new Promise<string>((resolve) => {
      other.bus.subscribe("a", () => resolve(traceHeaders().traceparent ?? ""));
    });
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const work = contextOf(new Headers({ traceparent: `00-${traceId}-b7ad6b7169203331-01` }));
    const heardIn = await heard(message, () => inContext(work, () => one.bus.publish("a", data("traced"))));
    assert.match(heardIn, new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    assert.ok(!heardIn.includes(work.spanId), "with a span of its own");
  });

  it("delivers within the process once and at once, whether there is a server or not", async () => {
    const one = member();
    const { bus } = one;
    const got: string[] = [];
    const end = bus.subscribe("a", (received) => got.push(new TextDecoder().decode(received)));
    bus.publish("a", data("before"));
    assert.deepEqual(got, ["before"]);
    await one.said(1, /connected/);
    bus.publish("a", data("after"));
    assert.deepEqual(got, ["before", "after"]);
    // What comes back from the server would have come before this.
    const other = member();
    const done = next(bus, "done");
    await other.said(1, /connected/);
    await heard(done, () => other.bus.publish("done", data("done")));
    assert.deepEqual(got, ["before", "after"]);
    end();
    bus.publish("a", data("ended"));
    assert.deepEqual(got, ["before", "after"]);
  });

  it("says once that NATS is away and once that it is back, and hears again what it had subscribed to", async () => {
    const [one, other] = [member(), member()];
    await Promise.all([one.said(1, /connected/), other.said(1, /connected/)]);
    const message = next(other.bus, "a");
    assert.equal(other.bus.hearsOthers, true);
    await server.kill();
    await Promise.all([one.said(1, /away/), other.said(1, /away/)]);
    assert.equal(other.bus.hearsOthers, false);
    const later = next(other.bus, "b");
    await server.start();
    await Promise.all([one.said(1, /back/), other.said(1, /back/)]);
    assert.equal(await heard(message, () => one.bus.publish("a", data("again"))), "again");
    assert.equal(await heard(later, () => one.bus.publish("b", data("too"))), "too");
    for (const { lines } of [one, other]) {
      assert.deepEqual(
        lines.map(({ level, msg }) => `${level}: ${msg}`),
        ["info: NATS is connected", "warn: NATS is away: news comes late, nothing is lost", "info: NATS is back"],
      );
    }
  });

  it("needs no server at start, and connects when there is one", async () => {
    await server.kill();
    const one = member();
    await one.said(1, /away/);
    await server.start();
    await one.said(1, /back/);
    assert.equal(one.lines.length, 2);
  }).timeout(30_000);

  it("stops in time when the server is away, and when it keeps its connections and answers nothing", async () => {
    const [connected, late] = [member(), new Member("nats://127.0.0.1:1")];
    await Promise.all([connected.said(1, /connected/), late.said(1, /away/)]);
    server.stall();
    const stalled = member();
    const before = Date.now();
    await Promise.all([connected, stalled, late].map(({ messaging }) => messaging.stop()));
    assert.ok(Date.now() - before < 8000, `stopped after ${Date.now() - before} ms`);
    members.splice(0);
  });

  it("gives a connection up on which nothing is answered", async () => {
    const one = member();
    await one.said(1, /connected/);
    server.stall();
    await one.said(1, /away/);
    server.resume();
    await one.said(1, /back/);
  }).timeout(60_000);
});

describe("credentials for NATS", () => {
  let newNats: NewNats;
  before(async function () {
    newNats = await needOwnNats(this);
  });

  it("open the connection where they are right, and are never logged", async () => {
    const server = await newNats({ args: ["--user", "teller", "--pass", "right-password"] });
    const url = (password: string) => server.url.replace("//", `//teller:${password}@`);
    const [right, wrong] = [new Member(url("right-password")), new Member(url("wrong-password"))];
    try {
      await Promise.all([right.said(1, /connected/), wrong.said(1, /away/)]);
      await server.kill();
      await right.said(1, /away/);
      assert.match(wrong.text.join(""), /Authorization Violation/);
      assert.doesNotMatch([...right.text, ...wrong.text].join(""), /password/);
    } finally {
      await Promise.all([right.messaging.stop(), wrong.messaging.stop()]);
      await server.remove();
    }
  });
});

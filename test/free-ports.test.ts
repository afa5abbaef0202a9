import assert from "node:assert/strict";
import { createServer } from "node:net";
import { freePorts } from "@outlayer/distributed";

describe("free ports", () => {
  /** Names the same ports in the same order each time that it is made. */
  const sameEachTime = () => {
    let next = 0;
    const bytes = () => {
      const drawn = Buffer.alloc(4);
      drawn.writeUInt32BE(19_000 + next++);
      return new Uint8Array(drawn);
    };
    return { bytes } as unknown as Parameters<typeof freePorts>[1];
  };

  it("are given to one alone until they are released, though nobody listens on them yet", async () => {
    const first = await freePorts(3, sameEachTime());
    const second = await freePorts(3, sameEachTime());
    assert.deepEqual(
      second.ports.filter((port) => first.ports.includes(port)),
      [],
    );
    first.release();
    const third = await freePorts(3, sameEachTime());
    assert.deepEqual(third.ports, first.ports);
    for (const one of [second, third]) one.release();
  });

  it("are none on which somebody listens, and can be listened on while they are given away", async () => {
    const first = await freePorts(1, sameEachTime());
    const [port] = first.ports;
    const server = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    first.release();
    const second = await freePorts(1, sameEachTime());
    assert.notDeepEqual(second.ports, first.ports);
    second.release();
    server.close();
  });
});

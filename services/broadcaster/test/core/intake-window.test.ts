import assert from "node:assert/strict";
import { IntakeWindow } from "../../src/core/gate/intake-window.ts";

const inTime = 60;

/** Takes so many in, and then notes how long each of them took. */
function round(window: IntakeWindow, blocks: number): void {
  const numbers = Array.from({ length: window.size }, () => window.take());
  for (const number of numbers) window.note({ number, blocks });
}

describe("how many workflows may be under way beside the lane", () => {
  it("doubles with each round that is in good time, up to 512", () => {
    const window = new IntakeWindow(inTime);
    const sizes = Array.from({ length: 7 }, () => {
      round(window, inTime);
      return window.size;
    });
    assert.deepEqual(sizes, [64, 128, 256, 512, 512, 512, 512]);
  });

  it("halves with each round that is not, down to 4", () => {
    const window = new IntakeWindow(inTime);
    const sizes = Array.from({ length: 3 }, () => {
      round(window, inTime + 1);
      return window.size;
    });
    assert.deepEqual(sizes, [16, 8, 4]);
  });

  it("halves once for all that had been taken in when it did", () => {
    const window = new IntakeWindow(inTime);
    const [a = 0, b = 0] = [window.take(), window.take()];
    window.note({ number: a, blocks: inTime + 1 });
    window.note({ number: b, blocks: inTime + 1 });
    assert.equal(window.size, 16);
    const later = window.take();
    window.note({ number: later, blocks: inTime + 1 });
    assert.equal(window.size, 8);
  });
});

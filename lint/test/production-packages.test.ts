import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { difference, productionPackages } from "../production-packages.ts";

describe("production packages", () => {
  it("a container library that tests start servers with is not installed with the services", () => {
    const lock = JSON.parse(readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8"));
    const installed = productionPackages(lock);
    assert.deepEqual(
      installed.filter((name) => /testcontainers|docker|mocha|fast-check|ssh/.test(name)),
      [],
    );
    for (const name of ["fastify", "mongodb", "near-api-js", "pino"]) assert.ok(installed.includes(name), name);
  });

  it("counts what is neither a workspace, nor for development, nor optional, wherever it lies", () => {
    const packages = {
      "": {},
      "packages/kit": {},
      "node_modules/@outlayer/kit": { link: true },
      "node_modules/b": {},
      "node_modules/@scope/a": {},
      "node_modules/b/node_modules/c": {},
      "packages/kit/node_modules/b": {},
      "node_modules/d": { dev: true },
      "node_modules/e": { optional: true },
      "node_modules/f": { devOptional: true },
    };
    assert.deepEqual(productionPackages({ packages }), ["@scope/a", "b", "c"]);
  });

  it("says which package is new and which is gone", () => {
    assert.deepEqual(difference(["a", "b"], ["b", "c"]), ["+ c", "- a"]);
    assert.deepEqual(difference(["a"], ["a"]), []);
  });
});

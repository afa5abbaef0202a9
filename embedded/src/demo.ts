import { parseArgs } from "node:util";
import { tellDirectUser } from "./demo/direct-user.ts";
import { tellDust } from "./demo/dust.ts";
import { say } from "./demo/say.ts";
import { startUp } from "./demo/up-process.ts";

const { values } = parseArgs({
  options: { "block-time-ms": { type: "string", default: "100" }, "direct-user": { type: "boolean", default: false } },
});
const blockTimeMs = Number(values["block-time-ms"]);
say(`Starting a local NEAR (a block every ${blockTimeMs} ms), a keystore and the five services ...`);
const up = await startUp(blockTimeMs);
try {
  await (values["direct-user"] ? tellDirectUser(up) : tellDust(up));
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await up.stop();
}

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { entriesOf } from "./support/history.ts";
import { dust } from "./support/steps.ts";
import { withSystem } from "./support/system.ts";

const main = fileURLToPath(new URL("../embedded/src/verify.ts", import.meta.url));

/** Runs `./dev verify - ...` on this input. */
async function verify(input: string, ...args: string[]) {
  const child = spawn(process.execPath, [main, "-", ...args], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code, out, err };
}

describe("./dev verify", () => {
  it("tells a workflow's history that is whole from one that was altered, cut off, or is none", () =>
    withSystem({}, async (system) => {
      const record = (await system.rest().execute([dust])).body;
      const entries = await entriesOf(system.product.http.evidence, record.request_id, "wallet-1");
      const history = JSON.stringify({ entries });
      const whole = await verify(history, "--head", record.head_hash);
      assert.deepEqual([whole.code, whole.err], [0, ""]);
      const counted = `${record.version} entries of ${record.request_id}, head ${record.head_hash}`;
      assert.equal(whole.out, `intact: ${counted}; 1 signatures shown and as hashed\n`);

      const altered = entries.map((entry, index) =>
        index === 1 ? { ...entry, entryJson: entry.entryJson.replace("taken", "stolen") } : entry,
      );
      assert.deepEqual(await verify(JSON.stringify({ entries: altered })), {
        code: 1,
        out: "broken: entry 2 is not what was hashed\n",
        err: "",
      });

      const cut = JSON.stringify({ entries: entries.slice(0, -1) });
      assert.equal((await verify(cut)).code, 0);
      const cutOff = await verify(cut, "--head", record.head_hash);
      assert.equal(cutOff.code, 1);
      assert.match(cutOff.out, new RegExp(`^broken: it ends with [0-9a-f]{64}, not with ${record.head_hash}\n$`));

      const claimed = [
        ...entries.slice(0, 2),
        { ...entries[2], entryJson: "", withheld: true, hash: record.head_hash },
      ];
      const hidden = await verify(JSON.stringify({ entries: claimed }), "--head", record.head_hash);
      assert.deepEqual([hidden.code, hidden.err], [1, ""]);
      assert.match(hidden.out, /^not to be told: the last entry is not shown/);

      const none = await verify("<html>");
      assert.deepEqual([none.code, none.out], [2, ""]);
      assert.match(none.err, /^- is no history: /);
      const without = await verify("", "one", "too", "many");
      assert.equal(without.code, 2);
      assert.match(without.err, /^usage: /);
    })).timeout(60_000);
});

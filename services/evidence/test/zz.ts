import { borrowMongodb } from "@outlayer/test-servers";
import { createLogger, systemPorts } from "@outlayer/kit";
import { openMongodbStore } from "../src/adapters/mongodb/store.ts";
import { databaseUrl } from "../src/config.ts";
import { claimOf, entryOf, projectionOf } from "./support/samples.ts";
const m = await borrowMongodb(); const ports = systemPorts();
const store = openMongodbStore(databaseUrl(m.url) as never, ports, createLogger("evidence", "silent")); await store.start();
for (const par of [1, 8, 32]) {
const stat = { open: [] as number[], read: [] as number[], append: [] as number[] };
const time = async <T,>(k: keyof typeof stat, f: () => Promise<T>) => { const t = performance.now(); const r = await f(); stat[k].push(performance.now() - t); return r; };
const t0 = performance.now();
await Promise.all(Array.from({ length: par }, async () => { for (let j = 0; j < 64 / par; j++) { const id = ports.ids.uuid(); const e = entryOf(id, 1);
 await time("open", () => store.open(e, claimOf(id), projectionOf(e)));
 for (let v = 2; v < 6; v++) { await time("read", () => store.read(id, 0)); const n = entryOf(id, v); await time("append", () => store.append(n, projectionOf(n))); } } }));
console.log("parallel", par, Math.round(performance.now() - t0), "ms"); for (const [k, v] of Object.entries(stat)) { v.sort((a,b)=>a-b); console.log("  ", k, "n", v.length, "p50", v[v.length>>1]!.toFixed(1), "max", v.at(-1)!.toFixed(1)); }
}
await store.close(); await m.stop();

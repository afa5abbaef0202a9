import { runHistory } from "./history.ts";

const from = Number(process.argv[2]),
  to = Number(process.argv[3] ?? from);
for (let seed = from; seed <= to; seed++) {
  const t = process.hrtime.bigint();
  const r = await runHistory(seed);
  const ms = Number((process.hrtime.bigint() - t) / 1000000n);
  console.log(
    seed,
    ms,
    "ms",
    r.blocks,
    r.workflows,
    JSON.stringify(r.statuses),
    JSON.stringify(r.interruptions),
    JSON.stringify(r.faults),
    r.traceHash.slice(0, 8),
    r.trace.length,
  );
  for (const v of r.violations) console.log("   ", v.kind, v.requestId, v.sentence.slice(0, 900));
  for (const [id, log] of Object.entries(r.logs)) console.log(id, "\n     ", log.join("\n      "));
  if (process.argv[4]) console.log(r.trace.slice(Number(process.argv[4])).join("\n"));
}

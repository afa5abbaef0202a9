import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { fromJsonString } from "@bufbuild/protobuf";
import { GetHistoryResponseSchema } from "@outlayer/contracts/outlayer/evidence/v1/record_service";
import { checkHistory } from "@outlayer/workflow";

const usage = `usage: ./dev verify FILE [--head HASH]

  FILE          a workflow's history as RecordService.GetHistory answers in JSON; - for standard input
  --head HASH   head_hash of the workflow's record: shows whether entries were cut off at the end

Exits with 0 where the chain of hashes holds, 1 where it does not or cannot be told, 2 where there is nothing to check.
`;

/** `./dev verify`: checks that a workflow's history is complete and unaltered. Works offline. @returns the exit code */
async function verify(): Promise<number> {
  let file: string | undefined;
  let head: string | undefined;
  try {
    const { positionals, values } = parseArgs({ allowPositionals: true, options: { head: { type: "string" } } });
    if (positionals.length !== 1) throw new RangeError("one file is needed");
    [file] = positionals;
    head = values.head;
  } catch {
    process.stderr.write(usage);
    return 2;
  }
  let entries: Parameters<typeof checkHistory>[0];
  try {
    const json = file === "-" ? await text(process.stdin) : readFileSync(file ?? "", "utf8");
    entries = fromJsonString(GetHistoryResponseSchema, json).entries;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${file} is no history: ${why}\n`);
    return 2;
  }
  const check = checkHistory(entries, (text) => createHash("sha256").update(text).digest("hex"));
  if (check.kind === "broken") {
    process.stdout.write(`broken: ${check.problem}\n`);
    return 1;
  }
  if (head !== undefined && head !== check.head) {
    process.stdout.write(`broken: it ends with ${check.head}, not with ${head}\n`);
    return 1;
  }
  // The hash of a withheld entry is unchecked: without its text the head proves nothing.
  if (head !== undefined && check.withheld.includes(check.entries)) {
    process.stdout.write("not to be told: the last entry is not shown, so entries may have been cut off at the end\n");
    return 1;
  }
  const withheld = check.withheld.length === 0 ? "" : `, entries not shown: ${check.withheld.join(", ")}`;
  process.stdout.write(
    `intact: ${check.entries} entries of ${check.requestId}, head ${check.head}; ${check.disclosed} signatures shown and as hashed${withheld}\n`,
  );
  if (head === undefined) process.stdout.write("whether entries were cut off at the end shows --head alone\n");
  return 0;
}

process.exitCode = await verify();

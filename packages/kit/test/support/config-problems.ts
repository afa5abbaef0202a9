import assert from "node:assert/strict";
import { ConfigError, ConfigReader, type Environment } from "@outlayer/kit";

/** What is wrong with an environment by these reads. No sentence may hold one of the secrets. */
export function problemsOf(
  environment: Environment,
  secrets: readonly string[],
  ...reads: readonly ((reader: ConfigReader) => unknown)[]
): readonly string[] {
  const reader = new ConfigReader(environment);
  for (const read of reads) read(reader);
  try {
    reader.check();
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    for (const secret of secrets) assert.ok(!error.message.includes(secret));
    return error.problems;
  }
}

import { FormatError } from "../../crypto/format-error.ts";
import { type Decoder, parsed } from "../sdk/decoder.ts";

const RFC_3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})$/;
const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** chrono's text for its last moment: the least deadline of an empty batch. */
const LAST_MOMENT = "+262142-12-31T23:59:59.999999999Z";

/** RFC 3339 with an offset, as nanoseconds since the epoch. */
export const timestampNs: Decoder<bigint> = parsed((text) => {
  const [, date, time, fraction = "", offset = ""] = RFC_3339.exec(text) ?? [];
  if (date === undefined) throw new FormatError("input contains invalid characters");
  const milliseconds = Date.parse(`${date}T${time}${offset.toUpperCase()}`);
  if (Number.isNaN(milliseconds)) throw new FormatError("input is out of range");
  return BigInt(milliseconds) * NANOSECONDS_PER_MILLISECOND + BigInt(fraction.slice(0, 9).padEnd(9, "0"));
});

/** RFC 3339 in UTC, with 0, 3, 6 or 9 digits of fraction. `undefined` is the end of time. */
export function formatTimestamp(ns: bigint | undefined): string {
  if (ns === undefined) return LAST_MOMENT;
  const nanoseconds = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((ns - nanoseconds) / NANOSECONDS_PER_MILLISECOND)).toISOString().slice(0, 19);
  const fraction = nanoseconds
    .toString()
    .padStart(9, "0")
    .replace(/(?:000)+$/, "");
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}

/** An entry of a workflow's log as `RecordService.GetHistory` returns it. */
export interface HistoryEntry {
  readonly requestId: string;
  readonly version: number | bigint;
  readonly entryJson: string;
  readonly hash: string;
  readonly disclosedJson?: string;
  readonly withheld?: boolean;
}

/** The result of checking a history. */
export type HistoryCheck =
  | {
      readonly kind: "intact";
      readonly requestId: string;
      readonly entries: number;
      /** Hash of the last entry. It equals the record's `head_hash` unless entries are missing at the end. */
      readonly head: string;
      /** Disclosed signatures that match their hashes. */
      readonly disclosed: number;
      /** Positions of entries whose text was withheld: the chain holds their hashes, their content was not checked. */
      readonly withheld: readonly number[];
    }
  | { readonly kind: "broken"; readonly problem: string };

/** `prev_hash` of a log's first entry. */
export const noHash = "0".repeat(64);

// biome-ignore lint/suspicious/noExplicitAny: entries of every kind and age, maybe altered
type Json = any;

/**
 * Checks a log's hash chain from its first entry: none is missing or out of place, each matches its hash and follows the one
 * before it, and each disclosed signature matches the SHA-256 in the log.
 * @param entries in the order in which they were returned
 * @param sha256Hex lower-case hex SHA-256 of a text's UTF-8
 */
export function checkHistory(entries: readonly HistoryEntry[], sha256Hex: (text: string) => string): HistoryCheck {
  const [first] = entries;
  if (first === undefined) return broken("there are no entries");
  let head = noHash;
  let disclosed = 0;
  const withheld: number[] = [];
  for (const [index, entry] of entries.entries()) {
    const version = index + 1;
    if (BigInt(entry.version) !== BigInt(version)) return broken(`entry ${version} is missing`);
    if (entry.withheld) withheld.push(version);
    else {
      if (sha256Hex(entry.entryJson) !== entry.hash) return broken(`entry ${version} is not what was hashed`);
      const stored = parsed(entry.entryJson);
      if (stored?.prev_hash !== head) return broken(`entry ${version} does not follow the one before it`);
      if (stored.version !== version || stored.request_id !== first.requestId || entry.requestId !== first.requestId) {
        return broken(`entry ${version} is of another place`);
      }
      const shown = checkDisclosed(stored.event, entry.disclosedJson ?? "", sha256Hex);
      if (shown === undefined) return broken(`entry ${version} is shown with something else than was signed`);
      disclosed += shown;
    }
    head = entry.hash;
  }
  return { kind: "intact", requestId: first.requestId, entries: entries.length, head, disclosed, withheld };
}

/** The number of steps whose signatures are disclosed; undefined where one does not match its hash. */
function checkDisclosed(event: Json, disclosedJson: string, sha256Hex: (text: string) => string): number | undefined {
  if (disclosedJson === "") return 0;
  const shown: Json = parsed(disclosedJson)?.steps;
  if (!Array.isArray(shown)) return undefined;
  const isOnceEach = new Set(shown.map((step: Json) => step?.step)).size === shown.length;
  const fits = shown.every((step: Json) => {
    if (event?.opened !== undefined) return fitsOwn(event.opened.calls?.[step?.step], step, sha256Hex);
    const { signed_delegate_sha256, payload } = event?.signed?.steps?.[step?.step] ?? {};
    const hasPayload = step?.payload_json !== undefined;
    return (
      typeof step?.signed_delegate_base64 === "string" &&
      sha256Hex(step.signed_delegate_base64) === signed_delegate_sha256 &&
      hasPayload === (payload !== undefined) &&
      (!hasPayload || sha256Hex(String(step.payload_json)) === payload.payload_sha256)
    );
  });
  return fits && isOnceEach ? shown.length : undefined;
}

/** Whether these are the payloads of the call, which the session's account has signed itself. */
function fitsOwn(call: Json, { own_payloads_json: texts }: Json, sha256Hex: (text: string) => string): boolean {
  const payloads = call?.own?.payloads;
  if (!Array.isArray(payloads) || !Array.isArray(texts) || texts.length !== payloads.length) return false;
  return payloads.every((own: Json, index) => sha256Hex(String(texts[index])) === own?.payload_sha256);
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function broken(problem: string): HistoryCheck {
  return { kind: "broken", problem };
}

import assert from "node:assert/strict";
import type { Devnet } from "@outlayer/devnet";
import type { Environment } from "@outlayer/kit";
import { decodeBase58, encodeBase64 } from "@outlayer/near";
import { transactions } from "./chain-dump.ts";

/** Texts that no log may hold, by what they are. */
export type Secrets = Readonly<Record<string, readonly string[]>>;

/** What is secret of the variables that the services run with. */
export function secretsOfEnvironment(environment: Environment): Secrets {
  const list = (name: string) => (environment[name] ?? "").split(",").filter((value) => value !== "");
  const apiKeys = Object.keys(JSON.parse(environment.WALLET_API_KEYS_JSON || "{}"));
  return {
    tokens: [
      "INTERNAL_WALLET_AUTH_TOKEN",
      "SERVICE_TOKEN",
      "KEYSTORE_AUTH_TOKEN",
      "GRANT_SECRET",
      "USAGE_SECRET",
      "SESSION_SECRET_KEYS",
      "QUOTES_1CLICK_TOKEN",
      "QUOTES_BUS_TOKEN",
    ].flatMap(list),
    "API keys": apiKeys.filter((key) => !key.startsWith("sha256:")),
    keys: ["RELAYER_SECRET_KEY", "APPROVER_SECRET_KEY"].flatMap(list).map(bare),
    "credentials of a URL": [
      ...["DATABASE_URL", "NATS_URL"].flatMap(list).flatMap((url) => credentialsOf(url)),
      // A provider's access key stands in the path or the query.
      ...[...list("NEAR_RPC_URL"), ...list("NEAR_ARCHIVAL_RPC_URL")].flatMap((url) => [
        ...credentialsOf(url),
        ...partsOf(new URL(url)),
      ]),
    ],
  };
}

/** The keys of all gates' accounts, wherever the product has them from. */
export function operatorSecrets({ gates }: Devnet): Secrets {
  return {
    "keys of gates": gates.flatMap(({ relayer, approver }) => [relayer, approver]).map((one) => bare(one.secretKey)),
  };
}

/** What the product signed, or had signed, as far as it reached the chain, in every encoding in which it passes through. */
export function secretsOnChain(devnet: Devnet): Secrets {
  const { pool, dropped } = devnet.controls.dump();
  const refused = (dropped as readonly { readonly transaction: unknown }[]).map(({ transaction }) => transaction);
  const sent = [...transactions(devnet).map(({ transaction }) => transaction), ...pool, ...refused];
  const all = sent.flatMap((transaction) => [...fieldsOf(transaction)]);
  const args = all.filter(([name]) => name === "args").map(([, text]) => text);
  const encoded = args.flatMap((text) => [text, ...encodedIn(text)]);
  const signatures = [
    ...all.filter(([name]) => name === "signature").map(([, text]) => bare(text)),
    ...encoded.flatMap((text) => signaturesIn(decoded(text))),
  ];
  return {
    // Those of next to nothing are like any other text: `{}`.
    sent: encoded.filter((text) => text.length >= shortest),
    signatures,
    // Wherever they stand in what is encoded: that is also how a signed transaction looks.
    signed: signatures.flatMap((text) => insideBase64(decodeBase58(text))),
  };
}

/** The signatures in a text, base58. */
export function signaturesIn(text: string): readonly string[] {
  return text.match(/ed25519:[1-9A-HJ-NP-Za-km-z]{80,}/g)?.map(bare) ?? [];
}

/**
 * That the lines of a log hold none of these. There can be many of both: secrets without blanks are looked for in the words
 * of the log, each of which counts once.
 */
export function assertHoldNone(lines: readonly string[], ...all: readonly Secrets[]): void {
  const inWords = new Map<string, [kind: string, secret: string][]>();
  const fail = (kind: string, secret: string) => {
    const line = lines.find((candidate) => candidate.includes(secret)) ?? "";
    const at = line.indexOf(secret);
    assert.fail(`a log holds a secret, of ${kind}: ${line.slice(Math.max(0, at - 200), at + 80)}`);
  };
  for (const [secret, kind] of new Map(all.flatMap(kindsByText))) {
    assert.ok(secret.length > 5, `too short to be looked for: one of ${kind}`);
    if (secret.length < shortest || !/^[\w+/=-]+$/.test(secret)) {
      if (lines.some((line) => line.includes(secret))) fail(kind, secret);
      continue;
    }
    const start = secret.slice(0, shortest);
    const alike = inWords.get(start) ?? [];
    alike.push([kind, secret]);
    inWords.set(start, alike);
  }
  const words = new Set(lines.flatMap((line) => line.match(/[\w+/=-]{8,}/g) ?? []));
  for (const word of words) {
    for (let at = 0; at <= word.length - shortest; at++) {
      for (const [kind, secret] of inWords.get(word.slice(at, at + shortest)) ?? []) {
        if (word.startsWith(secret, at)) fail(kind, secret);
      }
    }
  }
}

/** Characters of a secret that is looked for in words. */
const shortest = 8;

/** Base58 without its prefix: a log that cuts the prefix off has still leaked. */
function bare(key: string): string {
  return key.replace("ed25519:", "");
}

function credentialsOf(url: string): readonly string[] {
  // Not the platform's URL: several hosts, as databases have, are none to it.
  const [, credentials = ""] = /^[a-z+]+:\/\/([^/?]*)@/.exec(url) ?? [];
  return credentials
    .split(":")
    .slice(credentials.includes(":") ? 1 : 0)
    .filter((part) => part !== "");
}

function partsOf({ pathname, searchParams }: URL): readonly string[] {
  return [...pathname.split("/"), ...searchParams.values()].filter((part) => part.length >= shortest);
}

/** All fields with a text, however deep. */
function* fieldsOf(value: unknown): Generator<[name: string, text: string]> {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === "string") yield [name, inner];
    else yield* fieldsOf(inner);
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString("latin1");
}

/** What is encoded once more within what is encoded, as a signed delegate is in a call's arguments; as long as a signature at least. */
function encodedIn(base64: string): readonly string[] {
  const within = decoded(base64).match(/[A-Za-z0-9+/]{86,}={0,2}/g) ?? [];
  return within.flatMap((text) => [text, ...encodedIn(text)]);
}

/** How bytes look within the base64 of more bytes: it depends on where they begin. */
function insideBase64(bytes: Uint8Array): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = encodeBase64(new Uint8Array([...new Uint8Array(before), ...bytes])).replace(/=+$/, "");
    // The first and the last character may hold bits of what stands beside.
    return text.slice(before === 0 ? 0 : before + 1, -1);
  });
}

function kindsByText(secrets: Secrets): readonly (readonly [secret: string, kind: string])[] {
  return Object.entries(secrets).flatMap(([kind, texts]) => texts.map((text) => [text, kind] as const));
}

import "reflect-metadata";
import type { webcrypto } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TlsFiles, TlsPaths } from "@outlayer/kit";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 24 * 3600 * 1000;

/** An authority of the tests. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

let made = 0;

export async function newAuthority(name = `authority ${++made} of the tests`): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    ...validity(0),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return { certificate, keys };
}

/** A certificate for these DNS names. @param daysAgo when it began; it is good for two days */
export async function issue(authority: Authority, names: readonly string[], daysAgo = 0): Promise<TlsFiles> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${names[0]}`,
    issuer: authority.certificate.subject,
    ...validity(daysAgo),
    signingKey: authority.keys.privateKey,
    publicKey: keys.publicKey,
    signingAlgorithm: algorithm,
    extensions: [new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))],
  });
  const key = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    cert: certificate.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    ca: authority.certificate.toString("pem"),
  };
}

/** Files in a directory of their own. */
export function writeTls(files: TlsFiles): {
  readonly paths: TlsPaths;
  replace(files: TlsFiles): void;
  remove(): void;
} {
  const directory = mkdtempSync(join(tmpdir(), "tls-"));
  const paths = { cert: join(directory, "cert"), key: join(directory, "key"), ca: join(directory, "ca") };
  const replace = (next: TlsFiles) => {
    for (const part of ["cert", "key", "ca"] as const) writeFileSync(paths[part], next[part]);
  };
  replace(files);
  return { paths, replace, remove: () => rmSync(directory, { recursive: true }) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as Promise<webcrypto.CryptoKeyPair>;
}

function validity(daysAgo: number): { notBefore: Date; notAfter: Date } {
  const begin = Date.now() - daysAgo * dayMs - 60_000;
  return { notBefore: new Date(begin), notAfter: new Date(begin + 2 * dayMs) };
}

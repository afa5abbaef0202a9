import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { checkServerIdentity, connect, createSecureContext, type TLSSocket } from "node:tls";
import { type ConfigReader, text } from "./config.ts";
import { Reread, type RereadOptions } from "./reread.ts";
import { type ServiceName, serviceNames } from "./service-name.ts";

/** Paths of a service's certificate, its private key, and the authorities that it trusts; all PEM. */
export interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

const variables = { cert: "TLS_CERT_FILE", key: "TLS_KEY_FILE", ca: "TLS_CA_FILE" } as const;
const parts = ["cert", "key", "ca"] as const;

/** Mutual TLS between services: all three files, or none of them. */
export function readTlsPaths(reader: ConfigReader, name: ServiceName): TlsPaths | undefined {
  const paths = Object.fromEntries(parts.map((part) => [part, reader.optional(variables[part], text, undefined)]));
  const missing = parts.filter((part) => paths[part] === undefined);
  if (missing.length === parts.length) return undefined;
  for (const part of missing) {
    reader.problem(`${variables[part]} is required where another of ${Object.values(variables).join(", ")} is set`);
  }
  if (missing.length > 0) return undefined;
  for (const problem of problemsOf(paths as unknown as TlsPaths, name)) reader.problem(problem);
  return paths as unknown as TlsPaths;
}

/** One line per problem, without any content of the files. */
function problemsOf(paths: TlsPaths, name: ServiceName): readonly string[] {
  const unreadable = parts.flatMap((part) => {
    try {
      readFileSync(paths[part]);
      return [];
    } catch (error) {
      return [`${variables[part]} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`];
    }
  });
  if (unreadable.length > 0) return unreadable;
  try {
    const { cert } = load(paths);
    return serviceOf(new X509Certificate(cert)) === name
      ? []
      : [`TLS_CERT_FILE must be a certificate whose first service among its DNS names is ${name}`];
  } catch {
    return ["TLS_CERT_FILE, TLS_KEY_FILE and TLS_CA_FILE must be a certificate, its key, and authorities, all PEM"];
  }
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** @throws Error when a file cannot be read, or the files do not match, as while they are being replaced */
function load(paths: TlsPaths): TlsFiles {
  const [cert, key, ca] = parts.map((part) => readFileSync(paths[part], "utf8")) as [string, string, string];
  new X509Certificate(cert);
  new X509Certificate(ca);
  createSecureContext({ cert, key, ca });
  return { cert, key, ca };
}

/** The service that a certificate is for: the first DNS name that is a service's. */
export function serviceOf(certificate: X509Certificate): ServiceName | undefined {
  const names = (certificate.subjectAltName ?? "").split(", ");
  return names.flatMap((name) => serviceNames.filter((service) => name === `DNS:${service}`))[0];
}

/**
 * The current TLS files. Replaced files take effect for new connections, as soon as all three match; connections in use go on.
 */
export class TlsIdentity {
  readonly #files: Reread<TlsFiles>;

  /** @throws Error when the files cannot be used */
  constructor(paths: TlsPaths, deps: Pick<RereadOptions<TlsFiles>, "timers" | "logger" | "metrics">) {
    this.#files = new Reread({
      what: "TLS files",
      read: () => load(paths),
      isSame: (one, other) => parts.every((part) => one[part] === other[part]),
      ...deps,
    });
  }

  get current(): TlsFiles {
    return this.#files.current;
  }

  onChange(tell: (files: TlsFiles) => void): void {
    this.#files.onChange(tell);
  }

  /** Begins to poll the files. Call it only when something will stop it: polling keeps a process alive. */
  start(): void {
    this.#files.start();
  }

  stop(): void {
    this.#files.stop();
  }

  /** Connects to a service and to no other: its certificate has to name it, whatever host it runs on. */
  connect(authority: URL, to: ServiceName): TLSSocket {
    return connect({
      ...this.current,
      host: authority.hostname.replace(/^\[|\]$/g, ""),
      port: Number(authority.port || 443),
      servername: to,
      ALPNProtocols: ["h2"],
      checkServerIdentity: (_host, certificate) => checkServerIdentity(to, certificate),
    });
  }
}

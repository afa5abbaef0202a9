import { type ConfigReader, integer, list, Malformed, type Parse } from "../config.ts";
import { mustDiffer } from "../secrets.ts";

export interface NatsConfig extends NatsServers {
  /** Copies of the stream's messages. */
  readonly replicas: number;
  /** How long the stream keeps a message, milliseconds. */
  readonly maxAgeMs: number;
}

export interface NatsServers {
  /** `host:port` each; without credentials, so they may be logged. */
  readonly addresses: readonly string[];
  /** Whether connections must be encrypted. They are anyway wherever the server offers TLS. */
  readonly tls: boolean;
  readonly credentials: { readonly user?: string; readonly pass?: string; readonly token?: string };
}

/** Undefined where all services share one process. */
export function readNatsConfig(reader: ConfigReader): NatsConfig | undefined {
  // Read as a secret: the URL may hold a password or a token.
  const servers = reader.optionalSecret("NATS_URL", natsServers, undefined);
  // Any length that NATS takes, but no secret used elsewhere: the server's operator can read it.
  mustDiffer(reader, "the password or token in NATS_URL", servers?.credentials.pass ?? servers?.credentials.token);
  const replicas = reader.optional("NATS_REPLICAS", integer(1, 5), 1);
  const maxAgeSecs = reader.optional("NATS_MAX_AGE_SECS", integer(60, 315_360_000), 604_800);
  return servers === undefined ? undefined : { ...servers, replicas, maxAgeMs: maxAgeSecs * 1000 };
}

/**
 * One server, or several of one cluster: `nats://host:port` or `tls://host:port`, with `user:password@` or `token@` in front
 * where the server asks for it.
 */
export const natsServers: Parse<NatsServers> = (value) => {
  const [first, ...others] = list(natsServer)(value);
  if (first === undefined) throw new Malformed("must name a server");
  const rest = ({ tls, credentials }: NatsServers) => JSON.stringify([tls, credentials]);
  if (others.some((other) => rest(other) !== rest(first))) {
    throw new Malformed("must name servers with the same scheme and credentials");
  }
  return { ...first, addresses: [first, ...others].flatMap(({ addresses }) => addresses) };
};

const natsServer: Parse<NatsServers> = (value) => {
  const url = URL.parse(value);
  const isNats = url?.protocol === "nats:" || url?.protocol === "tls:";
  if (url === null || !isNats || url.hostname === "" || !/^\/?$/.test(url.pathname + url.search + url.hash)) {
    throw new Malformed("must be nats:// or tls:// and a host and port");
  }
  const [user, pass] = [decoded(url.username), decoded(url.password)];
  return {
    addresses: [`${url.hostname}:${url.port || "4222"}`],
    tls: url.protocol === "tls:",
    credentials: user === "" ? {} : pass === "" ? { token: user } : { user, pass },
  };
};

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Malformed("must have its credentials percent-encoded");
  }
}

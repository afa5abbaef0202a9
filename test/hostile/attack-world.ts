import type { Agent } from "node:http";
import type { ServiceName } from "@outlayer/kit";
import type { Dice } from "../simulation/dice.ts";
import { grpcCode, httpCode, isGrpcFailure, isHttpFailure } from "./answer-code.ts";
import { type GrpcAnswer, type GrpcCall, H2Client } from "./clients/h2.ts";
import { type HttpAnswer, type HttpRequest, newAgent, send } from "./clients/http1.ts";
import { count, note, type Tally } from "./tally.ts";
import type { Targets, Tenant } from "./targets.ts";
import type { HostileWallet } from "./tenants.ts";

// biome-ignore lint/suspicious/noExplicitAny: attackers look into bodies of every shape
export type Json = any;

/** An answer of REST, read. */
export interface RestAnswer extends HttpAnswer {
  /** Undefined where it is no JSON. */
  readonly body: Json;
}

export interface RestCall extends Omit<HttpRequest, "url" | "body"> {
  /** From the root. */
  readonly path: string;
  readonly as?: HostileWallet | undefined;
  /** An object is sent as JSON. */
  readonly body?: object | string | Uint8Array | undefined;
}

/** What an attack works with. Every answer that comes through it is counted, and looked at for what must never be. */
export class AttackWorld {
  readonly targets: Targets;
  readonly dice: Dice;
  /** When this round has to be over, milliseconds since the epoch. */
  readonly endsMs: number;
  readonly #attack: string;
  readonly #tally: Tally;
  readonly #shared: SharedByAttacks;

  constructor(attack: string, tally: Tally, shared: SharedByAttacks, dice: Dice, endsMs: number) {
    this.#attack = attack;
    this.#tally = tally;
    this.#shared = shared;
    this.targets = shared.targets;
    this.dice = dice;
    this.endsMs = endsMs;
  }

  get isOver(): boolean {
    return Date.now() >= this.endsMs;
  }

  /** Records of honest wallets, as anybody who sees a status URL knows their ids. */
  get honestRequestIds(): readonly string[] {
    return this.#shared.honestRequestIds;
  }

  tenant(walletId: HostileWallet): Tenant {
    const tenant = this.targets.hostile[walletId];
    if (tenant === undefined) throw new Error(`there is no wallet ${walletId}`);
    return tenant;
  }

  credentialsOf(walletId: HostileWallet): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${this.tenant(walletId).apiKey}` };
  }

  /** Calls REST. */
  async rest({ path, as, body, headers, ...more }: RestCall): Promise<RestAnswer> {
    const isBytes = typeof body === "string" || body instanceof Uint8Array;
    const answer = await this.http({
      ...more,
      url: this.targets.restUrl + path,
      headers: {
        ...(as === undefined ? {} : this.credentialsOf(as)),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined || isBytes ? body : JSON.stringify(body),
    });
    const read = parsed(answer.text);
    if (as !== undefined && answer.status === 202 && typeof read?.request_id === "string") this.#opened(as, read);
    return { ...answer, body: read };
  }

  /** Calls any port of HTTP/1.1. */
  async http(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await send(this.#shared.agent, request);
    const what = `${request.method ?? "GET"} ${request.url.slice(0, 160)}`;
    this.heard(
      answer.status,
      answer.headers["retry-after"] ?? retryInfoIn(answer.text),
      answer.lost,
      what,
      answer.text,
    );
    return answer;
  }

  /** Counts an answer of HTTP that came by another way. */
  heard(status: number | undefined, retryAfter: string | undefined, lost = "closed", what = "", text = ""): void {
    count(this.#tally, this.#attack, status === undefined ? lost : httpCode(status));
    if (status !== undefined && isHttpFailure(status, retryAfter)) {
      this.#note("failures", `${what}: ${status} ${text.slice(0, 300)}`);
    }
    this.#lookForOthers(what, text);
  }

  /** Calls a port of gRPC, on a connection of this attack. */
  async grpc(service: ServiceName, call: GrpcCall): Promise<GrpcAnswer> {
    return this.heardGrpc(await this.#shared.h2(service, this.#attack).call(call), `${service} ${call.path}`);
  }

  heardGrpc(answer: GrpcAnswer, what: string): GrpcAnswer {
    const { status, httpStatus, hasDetails, message, body, lost } = answer;
    const code = status === undefined ? (lost ?? httpCode(httpStatus ?? 0)) : grpcCode(status);
    count(this.#tally, this.#attack, code);
    const isFailure =
      status === undefined ? isHttpFailure(httpStatus ?? 0, undefined) : isGrpcFailure(status, hasDetails);
    if (isFailure) this.#note("failures", `${what}: ${code} ${decodeURIComponent(message).slice(0, 300)}`);
    this.#lookForOthers(what, body.toString("latin1"));
    return answer;
  }

  /** Counts what is no answer: connections, streams that were reset. */
  did(code: string, times = 1): void {
    count(this.#tally, this.#attack, code, times);
  }

  /** Says that something got through that no answer shows. */
  gotThrough(what: string): void {
    this.#note("letThrough", what);
  }

  /** Says that another wallet's data was shown. */
  leaked(what: string): void {
    this.#note("leaks", what);
  }

  /** Has somebody with an account of their own bring payloads to the verifier, as anybody may. @returns its error, or null */
  carry(payloads: readonly unknown[]): Promise<string | null> {
    return this.#shared.carry(payloads);
  }

  /** Waits, but no longer than the round may last. */
  pause(ms: number): Promise<void> {
    const left = Math.max(0, this.endsMs - Date.now());
    return new Promise((resolve) => setTimeout(resolve, Math.min(ms, left)));
  }

  #note(kind: "failures" | "letThrough" | "leaks", what: string): void {
    note(this.#tally, kind, { attack: this.#attack, what });
  }

  #lookForOthers(what: string, text: string): void {
    const marker = text === "" ? undefined : this.targets.markers.find((one) => text.includes(one));
    if (marker !== undefined) this.leaked(`${what}: an answer has ${marker}`);
  }

  #opened(walletId: string, { request_id }: { readonly request_id: string }): void {
    const known = this.#tally.opened[walletId];
    if (known === undefined) this.#tally.opened[walletId] = [request_id];
    else known.push(request_id);
  }
}

/** What the attacks of a process have in common. */
export class SharedByAttacks {
  readonly targets: Targets;
  readonly agent: Agent = newAgent();
  readonly honestRequestIds: string[] = [];
  readonly carry: (payloads: readonly unknown[]) => Promise<string | null>;
  readonly #clients = new Map<string, H2Client>();

  constructor(targets: Targets, carry: (payloads: readonly unknown[]) => Promise<string | null>) {
    this.targets = targets;
    this.carry = carry;
  }

  /** A connection for each attack: what one of them is refused is nothing to the others. */
  h2(service: ServiceName, attack: string): H2Client {
    const key = `${service} ${attack}`;
    let client = this.#clients.get(key);
    if (client === undefined) {
      client = new H2Client(this.targets.grpc[service]);
      this.#clients.set(key, client);
    }
    return client;
  }

  close(): void {
    this.agent.destroy();
    for (const client of this.#clients.values()) client.close();
  }
}

/** Seconds after which an answer of Connect says to come again: there it stands in the details. */
function retryInfoIn(text: string): string | undefined {
  const details: Json = text.includes("google.rpc.RetryInfo") ? parsed(text)?.details : undefined;
  const { debug } = details?.find(({ type }: Json) => type === "google.rpc.RetryInfo") ?? {};
  return /^(\d+)(?:\.\d+)?s$/.exec(debug?.retryDelay ?? "")?.[1];
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

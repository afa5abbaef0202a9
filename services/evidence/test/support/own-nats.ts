import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { systemPorts } from "@outlayer/kit";
import { type NewNats, needOwnNats, type OwnNats } from "@outlayer/test-servers";
import {
  appendAll,
  ended,
  type Follower,
  follow,
  type NatsEvidence,
  type NatsEvidenceOptions,
  open,
  startNatsEvidence,
  taken,
  waiting,
} from "./nats-evidence.ts";

export const { ids } = systemPorts();
/** The versions of a workflow that was opened and then has had `rest` appended. */
export const five = [1, 2, 3, 4, 5];
export const rest = [taken, waiting, waiting, ended];

/** A suite whose tests each have a NATS server, and an SQLite file, of their own. */
export class OnOwnNats {
  /** Stopped after the test, in this order. */
  readonly started: { stop(): Promise<void> }[] = [];
  /** Killed after the test. */
  readonly children: ChildProcess[] = [];
  newNats!: NewNats;
  server!: OwnNats;
  #directory = "";

  constructor() {
    const suite = this;
    before(async function () {
      suite.newNats = await needOwnNats(this);
    });
    beforeEach(async () => {
      this.#directory = mkdtempSync(join(tmpdir(), "progress-"));
      this.server = await this.newNats();
    });
    afterEach(async () => {
      this.server.resume();
      for (const child of this.children.splice(0)) child.kill("SIGKILL");
      for (const each of this.started.splice(0)) await each.stop();
      await this.server.remove();
      rmSync(this.#directory, { recursive: true });
    });
  }

  readonly path = () => join(this.#directory, "evidence.sqlite");

  readonly evidence = async (options: Partial<NatsEvidenceOptions> = {}): Promise<NatsEvidence> => {
    const database = { kind: "sqlite", path: this.path() } as const;
    const made = await startNatsEvidence({ database, url: this.server.url, ...options });
    this.started.push(made);
    return made;
  };

  readonly follower = async (): Promise<Follower> => {
    const made = await follow(this.server.url);
    this.started.push({ stop: () => made.close() });
    return made;
  };
}

/** Opens a workflow and appends `rest`. */
export async function complete(one: NatsEvidence): Promise<string> {
  const requestId = await open(one);
  await appendAll([one], requestId, 1, rest);
  return requestId;
}

export async function streamIsThere({ connection }: Follower): Promise<void> {
  const { streams } = await jetstreamManager(connection, { checkAPI: false });
  for (;;) {
    // Servers that elect a leader just now do not answer.
    const names = await streams
      .names()
      .next()
      .catch((): string[] => []);
    if (names.includes("WALLET_PROGRESS")) return;
  }
}

import assert from "node:assert/strict";
import { progressEventSchema } from "@outlayer/workflow";
import type { z } from "zod";
import { worker } from "./samples.ts";

/** One event, or a comment, of a stream. */
export interface Frame {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly retry?: string;
  readonly comment?: string;
}

/** Reads a stream of server-sent events as a browser does. */
export class EventReader {
  readonly response: Response;
  readonly #text: ReadableStreamDefaultReader<string>;
  readonly #client: AbortController;
  #rest = "";

  static async open(url: string, headers: Record<string, string> = {}): Promise<EventReader> {
    const client = new AbortController();
    const response = await fetch(url, { headers: { ...worker(), ...headers }, signal: client.signal });
    return new EventReader(response, client);
  }

  constructor(response: Response, client: AbortController) {
    assert.ok(response.body !== null, `no stream: ${response.status}`);
    this.response = response;
    this.#client = client;
    this.#text = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next frame; undefined once the stream has ended. */
  async frame(): Promise<Frame | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end >= 0) {
        const text = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 2);
        return parseFrame(text);
      }
      const { done, value } = await this.#text.read();
      if (done) {
        assert.equal(this.#rest, "", "a stream ends between frames");
        return undefined;
      }
      this.#rest += value;
    }
  }

  /** The next event's data, held to its schema; undefined once the stream has ended. */
  async event(): Promise<z.infer<typeof progressEventSchema> | undefined> {
    for (;;) {
      const frame = await this.frame();
      if (frame === undefined) return undefined;
      if (frame.data === undefined) continue;
      assert.equal(frame.event, "progress");
      const event = progressEventSchema.strict().parse(JSON.parse(frame.data));
      assert.equal(frame.id, String(event.version));
      return event;
    }
  }

  /** Every event that is left, to the stream's end. */
  async all(): Promise<readonly z.infer<typeof progressEventSchema>[]> {
    const events = [];
    for (let event = await this.event(); event !== undefined; event = await this.event()) events.push(event);
    return events;
  }

  /** Goes away as a browser does that is closed. */
  hangUp(): void {
    this.#client.abort();
  }
}

function parseFrame(text: string): Frame {
  return Object.fromEntries(
    text.split("\n").map((line) => {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon);
      return [name === "" ? "comment" : name, line.slice(colon + 1).trim()];
    }),
  );
}

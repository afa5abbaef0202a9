/** One way to get a server. The first that works is taken. */
export interface Source {
  /** E.g. "mongo:8 in Docker". */
  readonly name: string;
  /** What a person could do so that this works. */
  readonly remedy: string;
  /** @throws Absent where this machine does not offer it, any other error when it should have worked */
  start(): Promise<Started>;
}

export interface Started {
  readonly url: string;
  /** Ends everything that was started, and removes what it stored. */
  stop(): Promise<void>;
}

/** This machine does not offer a server; the message says what is missing. */
export class Absent extends Error {
  override readonly name = "Absent";
}

import type { Env } from "../../../contract.ts";
import { burnEvent, type TokenFlow } from "../events.ts";

/** Events and promises of executed intents, as opposed to their changes of the state. */
export interface Effects {
  /** Logs an event line now. */
  emit(line: string): void;
  /** Logs burnt tokens after everything else, since their transfers are known only then. */
  burnt(flow: TokenFlow): void;
  /** Makes promises, if any are made here. */
  schedule(make: (env: Env) => void): void;
  /** Whether to log a setting that changes nothing. */
  readonly showsUnchanged: boolean;
}

/** For execution: lines become logs, promises are made. */
export class LiveEffects implements Effects {
  readonly showsUnchanged = false;
  readonly #env: Env;
  readonly #burns: TokenFlow[] = [];

  constructor(env: Env) {
    this.#env = env;
  }

  emit(line: string): void {
    this.#env.log(line);
  }

  burnt(flow: TokenFlow): void {
    this.#burns.push(flow);
  }

  schedule(make: (env: Env) => void): void {
    make(this.#env);
  }

  /** Logs the burns, at the end of the call. */
  finish(): void {
    if (this.#burns.length > 0) this.emit(burnEvent(this.#burns));
  }
}

/** For simulation: the intents' events are collected, burns and promises are not. */
export class SimulatedEffects implements Effects {
  readonly showsUnchanged = true;
  readonly lines: string[] = [];

  emit(line: string): void {
    this.lines.push(line);
  }

  burnt(): void {}

  schedule(): void {}
}

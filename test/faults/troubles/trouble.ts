import type { World } from "../world.ts";

/** Something that happens to those whom the broadcaster calls. */
export interface Trouble {
  readonly name: string;
  /** It befalls calls that only a process makes that has just started. */
  readonly isOfStart?: boolean;
  /** Before anything is posted: what is to become of calls that are still to come. */
  before?(world: World): void;
  /** While a workflow is open. Resolves once it is over. */
  during?(world: World, requestId: string): Promise<void>;
}

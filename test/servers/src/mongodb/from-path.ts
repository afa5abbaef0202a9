import type { Source } from "../source.ts";
import { mongodMaker } from "./mongod.ts";
import { startNew } from "./start-new.ts";

export const fromPath: Source = {
  name: "mongod on PATH",
  remedy: "install MongoDB",
  start: () => startNew(mongodMaker),
};

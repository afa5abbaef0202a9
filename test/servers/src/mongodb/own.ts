import { remark } from "../run.ts";
import { Absent } from "../source.ts";
import { withDatabase } from "./database-url.ts";
import { ferretdbMaker } from "./from-debian.ts";
import { containerMaker } from "./from-docker.ts";
import { mongodMaker } from "./mongod.ts";

/** Long enough for a machine that has to set the server up first; milliseconds. */
const setUpMs = 15 * 60_000;

/** A server that may be killed and started again on its data. */
export interface KillableServer {
  readonly url: string;
  /** Resolves once it takes writes. Does nothing where it runs. */
  start(): Promise<void>;
  /** Ends it without a chance to put anything in order. */
  kill(): Promise<void>;
  /** Ends it and removes what it stored. */
  remove(): Promise<void>;
}

/** A MongoDB of one suite's own; what it may be says `needMongodb`. Its URL names a database that nobody has used. */
export type OwnMongodb = KillableServer;

/** Makes one, started unless told not to. */
export type NewMongodb = (options?: { readonly started?: boolean }) => Promise<OwnMongodb>;

/** One way to get such servers. @throws Absent where this machine does not offer it */
export type KillableServerMaker = () => Promise<() => Promise<KillableServer>>;

/**
 * For a suite's `before` hook. What `MONGODB_TEST_URL` names is not ours to kill: a suite is skipped, or fails under `CI`,
 * where no other way works.
 */
export async function needOwnMongodb(context: Mocha.Context): Promise<NewMongodb> {
  context.timeout(setUpMs);
  const newMongodb = await findOwnMongodb();
  if (newMongodb !== undefined) return newMongodb;
  if (process.env.CI) throw new Error(noMongodb);
  remark(noMongodb);
  return context.skip();
}

export const noMongodb =
  "no MongoDB that tests may kill: install MongoDB, start Docker, or be root on a Debian with Go";

/** For whoever is no test. Undefined where there is none to be had. */
export async function findOwnMongodb(): Promise<NewMongodb | undefined> {
  const make = await findMaker();
  if (make === undefined) return undefined;
  return async ({ started = true } = {}) => {
    const server = await make();
    if (started) await server.start();
    return {
      url: withDatabase(server.url, "evidence-of-tests"),
      start: () => server.start(),
      kill: () => server.kill(),
      remove: () => server.remove(),
    };
  };
}

async function findMaker(): Promise<(() => Promise<KillableServer>) | undefined> {
  for (const find of [mongodMaker, containerMaker, ferretdbMaker]) {
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
    }
  }
  return undefined;
}

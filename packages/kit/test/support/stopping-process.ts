import { createLogger, runProcess, systemPorts } from "@outlayer/kit";

/** A process that says "ready", and stops never, badly or at once, as its argument says. */
const [how] = process.argv.slice(2);
const logger = createLogger("broadcaster", "info");

await runProcess(
  async () => {
    // Keeps the process alive, as a listener would.
    const alive = setInterval(() => {}, 1000);
    if (how === "slow-start") {
      logger.info("starting");
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    logger.info("ready");
    return {
      async stop() {
        logger.info("stopping");
        if (how === "never") await new Promise(() => {});
        if (how === "badly") throw new Error("cannot stop");
        clearInterval(alive);
        logger.info("stopped");
      },
      abandon: (why) => logger.error({ left: ["a step"] }, why),
    };
  },
  { timers: systemPorts().timers, stopWithinMs: 1500 },
);

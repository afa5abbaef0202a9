import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProductDeps, readProductConfig, startProduct } from "@outlayer/embedded";
import { type Clock, createLogger, systemPorts } from "@outlayer/kit";
import { serviceToken } from "../product-environment.ts";
import type { ShapeOfSystem } from "../shapes.ts";

/** @param clock the product's time */
export function embedded(clock: Clock, wrap: ProductDeps["wrap"], heard: (line: string) => void): ShapeOfSystem {
  const directory = mkdtempSync(join(tmpdir(), "system-"));
  return {
    environment: {
      DATABASE_URL: `sqlite:${join(directory, "evidence.sqlite")}`,
      BIND_ADDR: "127.0.0.1:0",
      SERVICE_TOKEN: serviceToken,
    },
    start(environment) {
      const deps: ProductDeps = {
        ports: { ...systemPorts(), clock },
        logger: (service) => createLogger(service, "trace", { write: heard }),
        ...(wrap === undefined ? {} : { wrap }),
      };
      return startProduct(readProductConfig(environment), deps, true);
    },
    async remove() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

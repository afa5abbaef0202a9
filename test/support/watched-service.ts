import type { ProductDeps } from "@outlayer/embedded";
import type { Service } from "@outlayer/kit";

type Wrap = NonNullable<ProductDeps["wrap"]>;

/** Notes the method of every call that a service gets. */
export function watchedService(name: keyof Wrap, noted: string[]): Wrap {
  const watch = (service: Service): Service => ({
    ...service,
    routes: {
      ...service.routes,
      register(router) {
        const watching = Object.create(router, {
          service: {
            value: (description: Parameters<typeof router.service>[0], implementation: object) => {
              const handlers = Object.entries(implementation).map(([method, handle]) => {
                const run = (...call: unknown[]) => {
                  noted.push(method);
                  return (handle as (...call: unknown[]) => unknown)(...call);
                };
                return [method, run];
              });
              return router.service(description, Object.fromEntries(handlers));
            },
          },
        });
        service.routes.register(watching);
      },
    },
  });
  return { [name]: watch };
}

/** The five services, by the names under which they know one another. */
export const serviceNames = ["gateway", "planner", "signer-proxy", "broadcaster", "evidence"] as const;

export type ServiceName = (typeof serviceNames)[number];

export function serviceNameOf(text: string | null): ServiceName | undefined {
  return serviceNames.find((name) => name === text);
}

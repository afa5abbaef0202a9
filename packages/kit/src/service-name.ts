/** The five services' names for one another. */
export const serviceNames = ["gateway", "planner", "signer-proxy", "broadcaster", "evidence"] as const;

export type ServiceName = (typeof serviceNames)[number];

export function serviceNameOf(text: string | null): ServiceName | undefined {
  return serviceNames.find((name) => name === text);
}

export { borrowMongodb, borrowNats } from "./borrow.ts";
export { needChromium } from "./chromium.ts";
export { findOwnMongodb, type NewMongodb, needOwnMongodb, noMongodb, type OwnMongodb } from "./mongodb/own.ts";
export { type Mongodb, needMongodb } from "./mongodb.ts";
export { natsCluster } from "./nats/cluster.ts";
export { findOwnNats, type NewNats, needOwnNats, noNats, type OwnNats } from "./nats/own.ts";
export { needNats } from "./nats.ts";
export { needPromtool } from "./promtool.ts";

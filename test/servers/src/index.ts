export { borrowMongodb, borrowNats } from "./borrow.ts";
export { type NewMongodb, needOwnMongodb, type OwnMongodb } from "./mongodb/own.ts";
export { type Mongodb, type MongodbDatabase, needMongodb } from "./mongodb.ts";
export { natsCluster } from "./nats/cluster.ts";
export { type NewNats, needOwnNats, type OwnNats } from "./nats/own.ts";
export { needNats } from "./nats.ts";

export { type Mongodb, type MongodbDatabase, needMongodb } from "./mongodb.ts";
export { needNats } from "./nats.ts";

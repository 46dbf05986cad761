// What an application does with ioredis: pipelines, transactions, tracking, pub/sub, blocking pops,
// scans, users, names, reconnecting. Prints what came of it, the same each time:
//
//     NODE_PATH=<node_modules> node program.js PORT UNIX_SOCKET
"use strict";
const Redis = require("ioredis");

const [port, socketPath] = [Number(process.argv[2]), process.argv[3]];
const clients = [];

const once = (client, event) => new Promise((resolve) => client.once(event, resolve));

/// A client behind its check that the server is ready: a subscription that overtakes the check makes it fail.
async function connect(options = {}) {
  const client = new Redis({ port, host: "127.0.0.1", retryStrategy: () => 20, ...options });
  client.on("error", () => {}); // what matters is what the commands answer
  clients.push(client);
  await once(client, "ready");
  return client;
}

const show = (label, value) => console.log(`${label}: ${JSON.stringify(value)}`);
/// The texts for missing rights differ between versions of Redis; their codes do not.
const text = (error) => (error.message.startsWith("NOPERM") ? "NOPERM" : error.message);

/// The value of a promise, or its error's text.
async function outcome(promise) {
  try {
    return await promise;
  } catch (error) {
    return `error: ${text(error)}`;
  }
}

async function until(what, condition) {
  const end = Date.now() + 15000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`this did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const results = (pairs) => pairs && pairs.map(([error, value]) => (error ? `error: ${text(error)}` : value));

/// Everything a subscriber receives, in order.
class Inbox {
  constructor(client) {
    this.messages = [];
    client.on("message", (channel, message) => this.messages.push([channel, message]));
    client.on("pmessage", (...parts) => this.messages.push(parts));
    client.on("smessage", (channel, message) => this.messages.push(["sharded", channel, message]));
  }

  async take(count) {
    await until(`${count} messages`, () => this.messages.length >= count);
    return this.messages.splice(0, count);
  }
}

async function pipelines(redis) {
  const pipeline = redis.pipeline();
  pipeline.set("text", "value").get("text").incr("text").lpush("list", "a", "b").lrange("list", 0, -1);
  show("mixed", results(await pipeline.exec()));
  const many = redis.pipeline();
  for (let i = 0; i < 1000; ++i) many.incrby("sum", i);
  show("the last of 1000", (await many.exec()).at(-1));
  show("commands at once", await Promise.all([redis.get("sum"), redis.strlen("sum"), redis.exists("none")]));
  show("hash", [await redis.hset("hash", { a: 1, b: "two" }), await redis.hgetall("hash")]);
  show("buffer", (await redis.getBuffer("text")).toString("hex"));
}

async function transactions(redis) {
  show("exec", results(await redis.multi().set("n", 1).incr("n").rpush("n", "x").get("n").exec()));
  show("empty", results(await redis.multi().exec()));
  show("aborted", await outcome(redis.multi().set("n", 5).set("n").exec()));
  show("not run", await redis.get("n"));
  await redis.multi({ pipeline: false });
  show("queued", [await redis.set("n", 7), await outcome(redis.call("MULTI")), await outcome(redis.watch("n"))]);
  show("one by one", results(await redis.exec()));
  await redis.multi({ pipeline: false });
  await redis.set("n", 8);
  show("discarded", [await redis.discard(), await redis.get("n"), await outcome(redis.discard())]);
  show("blocking inside", results(await redis.multi().blpop("nothing", 0).lpush("l", "x").blpop("l", 0).exec()));
  show("select inside", results(await redis.multi().select(3).set("there", 1).dbsize().select(0).dbsize().exec()));
  await redis.multi([["set", "b", "1"], ["append", "b", "2"]]).exec();
  show("from an array", await redis.get("b"));
}

async function watching(redis) {
  const other = await connect();
  const attempts = {
    untouched: async () => {},
    "set by another": () => other.set("w", 2),
    "set by itself": () => redis.set("w", 3),
    "set to the same": () => other.set("w", 3),
    "read by another": () => other.get("w"),
    "deleted and made": () => other.multi().del("w").set("w", 3).exec(),
    flushed: () => other.flushdb(),
    "flushed when empty": () => other.flushall(),
    unwatched: async () => ((await other.set("w", 4)), await redis.unwatch()),
    expired: async () => {
      await other.pexpire("w", 1);
      await until("expiry", async () => (await other.exists("w")) === 0);
    },
    swapped: async () => ((await other.set("v", 1)), await other.swapdb(0, 1)),
    "swapped back": () => other.swapdb(0, 1),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    await redis.watch("w", "v");
    await attempt();
    show(what, results(await redis.multi().incr("runs").exec()));
  }
  await redis.watch("w");
  await other.set("w", 9);
  show("dirty until exec", [await redis.discard().catch(text), results(await redis.multi().ping().exec())]);
}

async function retrying(redis) {
  await redis.set("balance", 0);
  const worker = async () => {
    const own = await connect();
    await own.ping();
    for (let done = 0; done < 10; ) {
      await own.watch("balance");
      const balance = Number(await own.get("balance"));
      if (await own.multi().set("balance", balance + 1).rpush("history", balance).exec()) ++done;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  show("balance", await redis.get("balance"));
  const history = (await redis.lrange("history", 0, -1)).map(Number);
  show("no update was lost", history.length === 80 && history.every((value, at) => value === at));
}

async function tracking(redis) {
  const receiver = await connect();
  const inbox = new Inbox(receiver);
  const id = await receiver.client("ID");
  await receiver.subscribe("__redis__:invalidate");
  const other = await connect();
  const info = async () =>
    (await redis.client("TRACKINGINFO")).map((part) => (part === id ? "the receiver" : part));
  const on = (...options) => redis.client("TRACKING", "ON", "REDIRECT", id, ...options);
  const off = () => redis.client("TRACKING", "OFF");

  show("on", [await on(), await info(), (await redis.client("GETREDIR")) === id]);
  await redis.mget("t1", "t2");
  await other.mset("t0", 1, "t1", 1);
  await other.set("t1", 2);
  await other.set("t2", 1);
  show("read, then changed once", await inbox.take(2));
  await redis.get("t1");
  await redis.set("t1", "mine");
  show("changed by itself", await inbox.take(1));
  await redis.multi().get("t1").get("t2").exec();
  await other.del("t1", "t2");
  show("read in a transaction", (await inbox.take(2)).sort());
  await other.set("t3", 1, "PX", 250);
  await redis.get("t3");
  show("expired", await inbox.take(1));
  await redis.get("t3");
  await other.flushall();
  show("flushed", await inbox.take(1));
  show("off", [await off(), await info(), await redis.client("GETREDIR")]);

  show("bcast", [await on("BCAST", "PREFIX", "a:", "PREFIX", "b:"), await info()]);
  await other.mset("a:1", 1, "c:1", 1);
  await other.set("b:1", 1);
  show("of the prefixes", await inbox.take(2));
  show("overlapping", await outcome(on("BCAST", "PREFIX", "a:x")));
  await off();
  show("optin", [await on("OPTIN", "NOLOOP"), await info()]);
  await redis.get("o1");
  await redis.client("CACHING", "YES");
  await redis.get("o2");
  await redis.set("o2", "mine");
  await redis.client("CACHING", "YES");
  await redis.get("o3");
  await other.mset("o1", 1, "o3", 1);
  show("asked for, by others", await inbox.take(1));
  show("wrong mode", await outcome(redis.client("CACHING", "NO")));
  await off();
  show("optout", [await on("OPTOUT"), await info()]);
  await redis.client("CACHING", "NO");
  await redis.get("p1");
  await redis.get("p2");
  await other.mset("p1", 1, "p2", 1);
  show("not declined", await inbox.take(1));
  await off();
  show("no such client", await outcome(redis.client("TRACKING", "ON", "REDIRECT", 999999)));
  show("without a receiver, RESP2", await outcome(redis.client("TRACKING", "ON")));
  await off();
}

async function messages(redis) {
  const subscriber = await connect();
  const inbox = new Inbox(subscriber);
  show("subscribed", [await subscriber.subscribe("news", "sport"), await subscriber.psubscribe("n*", "[st]port")]);
  show("receivers", [await redis.publish("news", "one"), await redis.publish("sport", "two"), await redis.publish("x", "")]);
  show("received", await inbox.take(4));
  await redis.multi().publish("news", "a").publish("news", "b").exec();
  show("from a transaction", await inbox.take(4));
  show("channels", [(await redis.pubsub("CHANNELS")).sort(), await redis.pubsub("NUMSUB", "news", "none"), await redis.pubsub("NUMPAT")]);
  show("refused", await outcome(subscriber.call("GET", "text").then(String)));
  show("unsubscribed", [await subscriber.unsubscribe("sport"), await subscriber.punsubscribe("n*", "[st]port"), await subscriber.unsubscribe("news")]);
  show("an ordinary client again", await subscriber.ping());

  const shard = await connect();
  const sharded = new Inbox(shard);
  show("sharded", await shard.ssubscribe("orders", "bills"));
  show("receivers", [await redis.spublish("orders", "o1"), await redis.publish("orders", "no"), await redis.spublish("none", "")]);
  show("received", await sharded.take(1));
  show("shards", [(await redis.pubsub("SHARDCHANNELS")).sort(), await redis.pubsub("SHARDNUMSUB", "orders", "news"), await redis.pubsub("CHANNELS")]);
  show("left", [await shard.sunsubscribe("orders"), await redis.spublish("orders", "o2"), await shard.sunsubscribe("bills")]);
}

async function notifications(redis) {
  const subscriber = await connect();
  const inbox = new Inbox(subscriber);
  await redis.config("SET", "notify-keyspace-events", "KEA");
  await subscriber.psubscribe("__key*@*__:*");
  const actions = {
    set: () => redis.set("key", 1, "EX", 100),
    list: () => redis.rpush("queue", "a", "b"),
    emptied: () => redis.lpop("queue", 2),
    renamed: () => redis.rename("key", "other"),
    transaction: () => redis.multi().sadd("tags", "x").zadd("board", 1, "m").hincrby("h", "f", 2).exec(),
    "in another database": () => redis.multi().select(2).incr("n").select(0).exec(),
    expired: () => redis.set("soon", 1, "PX", 5),
  };
  const expected = [4, 2, 4, 4, 6, 2, 6];
  for (const [number, [what, action]] of Object.entries(actions).entries()) {
    await action();
    show(what, (await inbox.take(expected[number])).map(([, channel, message]) => `${channel} ${message}`));
  }
  await redis.config("SET", "notify-keyspace-events", "");
}

async function blockingPops(redis) {
  const waiting = (count) =>
    until(`${count} waiters`, async () => (await redis.info("clients")).includes(`blocked_clients:${count}\r`));
  const [first, second] = [await connect(), await connect()];
  const one = first.blpop("q1", "q2", 0);
  await waiting(1);
  const two = second.brpop("q2", 0);
  await waiting(2);
  await redis.multi().rpush("q2", "a", "b", "c").llen("q2").exec();
  show("served in order", [await one, await two, await redis.lrange("q2", 0, -1)]);
  const moved = first.blmove("from", "to", "LEFT", "RIGHT", 0);
  await waiting(1);
  await redis.lpush("from", "x");
  show("moved", [await moved, await redis.lrange("to", 0, -1)]);
  const least = first.bzpopmin("scores", 0);
  await waiting(1);
  await redis.zadd("scores", 2, "two", 1, "one");
  show("least", await least);
  show("many", await redis.lmpop(1, "q2", "LEFT", "COUNT", 5));
  show("in time", await first.blpop("q1", 0.02));
  const unblocked = outcome(first.blpop("q1", 0));
  const id = (await redis.client("LIST")).match(/id=(\d+) .*cmd=blpop/)[1];
  show("unblocked", [await redis.client("UNBLOCK", id, "ERROR"), await unblocked]);
}

async function scans(redis) {
  await redis.flushall();
  const fill = redis.pipeline();
  for (let i = 0; i < 500; ++i) fill.set(`user:${i}`, i).sadd("set", i).hset("hash", i, i).zadd("zset", i, i);
  await fill.exec();
  const collect = async (stream) => {
    const all = new Set();
    for await (const part of stream) part.forEach((each) => all.add(each));
    return all.size;
  };
  show("keys", await collect(redis.scanStream({ match: "user:*", count: 50 })));
  show("of a type", await collect(redis.scanStream({ type: "zset" })));
  show("members", await collect(redis.sscanStream("set", { match: "1*" })));
  show("fields and values", await collect(redis.hscanStream("hash", { count: 100 })));
  show("members and scores", await collect(redis.zscanStream("zset")));
}

async function users(redis) {
  await redis.acl("SETUSER", "alice", "on", ">secret", "~a:*", "&news*", "+@all", "-@dangerous");
  const alice = await connect({ username: "alice", password: "secret" });
  show("who", await alice.acl("WHOAMI"));
  show("allowed", [await alice.set("a:1", 1), await alice.publish("news", "x")]);
  show("refused", [await outcome(alice.set("b:1", 1)), await outcome(alice.flushall()), await outcome(alice.publish("x", "x"))]);
  show("in a transaction", await outcome(alice.multi().set("a:2", 1).set("b:2", 1).exec()));
  show("nothing of it", await alice.exists("a:2"));
  await redis.acl("SETUSER", "alice", "+flushall", "~b:*");
  show("changed", [await alice.set("b:1", 1), await alice.flushall()]);
  show("rehearsed", [await redis.acl("DRYRUN", "alice", "GET", "a:1"), (await redis.acl("LIST")).length]);
  const stranger = await connect();
  show("wrong", [await outcome(stranger.auth("alice", "no")), await outcome(stranger.auth("nobody", "x"))]);
  const greeting = await stranger.call("HELLO", "2", "AUTH", "alice", "secret", "SETNAME", "al");
  const fields = Object.fromEntries(greeting.map((each, at) => [each, greeting[at + 1]]).filter((_, at) => at % 2 === 0));
  show("hello", [fields.server, fields.proto, fields.mode, fields.role, fields.modules]);
  show("now", [await stranger.acl("WHOAMI"), await stranger.client("GETNAME")]);
  show("hello 4", await outcome(stranger.call("HELLO", "4")));
  show("hello, wrong password", await outcome(stranger.call("HELLO", "2", "AUTH", "alice", "no")));
  const gone = once(alice, "close");
  alice.options.retryStrategy = null;
  stranger.options.retryStrategy = null;
  show("removed", await redis.acl("DELUSER", "alice"));
  await gone;
}

async function names(redis) {
  const named = await connect({ connectionName: "worker", db: 5 });
  await named.ping();
  show("name", await named.client("GETNAME"));
  const line = (await redis.client("LIST")).split("\n").find((each) => each.includes(" name=worker "));
  show("listed", line.match(/ (name|db|sub|psub|multi|resp|user)=\S+/g));
  show("renamed", [await named.client("SETNAME", "other"), await named.client("GETNAME")]);
  show("no name", await outcome(named.client("SETNAME", "a b")));
  await named.multi({ pipeline: false });
  await named.set("x", 1);
  show("queued", (await redis.client("LIST")).match(/name=other .* (multi=\d+) /)[1]);
  await named.discard();
  // Only servers since 7.2 know it: for whoever looks into the data behind this program.
  const library = (await named.client("INFO")).match(/ lib-name=(\S*)/);
  await redis.set("library", library ? library[1] : "");
}

async function reconnecting(redis) {
  const victim = await connect({ connectionName: "victim", autoResubscribe: true });
  const inbox = new Inbox(victim);
  await victim.subscribe("alive");
  const id = (await redis.client("LIST")).match(/id=(\d+) .*name=victim /)[1];
  const back = once(victim, "ready");
  show("killed", await redis.client("KILL", "ID", id));
  await back;
  await until("subscribed again", async () => (await redis.pubsub("NUMSUB", "alive"))[1] === 1);
  await redis.publish("alive", "still");
  show("resubscribed", await inbox.take(1));

  const queue = await connect();
  const job = queue.blpop("jobs", 0);
  let waiter;
  await until("it waits", async () => (waiter = (await redis.client("LIST")).match(/id=(\d+) .*cmd=blpop/)));
  await redis.client("KILL", "ID", waiter[1]);
  await until("it is gone", async () => !(await redis.client("LIST")).includes(`id=${waiter[1]} `));
  await until("it waits again", async () => (await redis.info("clients")).includes("blocked_clients:1\r"));
  await redis.rpush("jobs", "j");
  show("asked again", await job);
  const inMulti = await connect({ connectionName: "half" });
  await inMulti.multi({ pipeline: false });
  await inMulti.set("half", 1);
  const again = once(inMulti, "ready");
  await redis.client("KILL", "ID", (await redis.client("LIST")).match(/id=(\d+) .*name=half /)[1]);
  await again;
  show("a transaction is forgotten", [await outcome(inMulti.exec()), await redis.exists("half")]);
}

async function unixSocket() {
  const local = await connect({ port: undefined, host: undefined, path: socketPath });
  show("ping", await local.ping());
  show("exec", results(await local.multi().set("unix", 1).incr("unix").exec()));
  show("from", (await local.client("INFO")).includes("addr=" + socketPath + ":0"));
}

async function main() {
  const redis = await connect();
  await redis.flushall();
  const parts = { pipelines, transactions, watching, retrying, tracking, messages, notifications, blockingPops, scans, users, reconnecting, unixSocket, names };
  for (const [name, part] of Object.entries(parts)) {
    console.log(`== ${name}`);
    await part(redis);
  }
  console.log("done");
}

main()
  .catch((error) => {
    console.log(`failed: ${error.stack}`);
    process.exitCode = 1;
  })
  .finally(() => clients.forEach((client) => client.disconnect()));

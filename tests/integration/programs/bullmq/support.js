// What the parts of the program beside this file share: queues, workers and listeners that are known by their server,
// waiting, and printing. $BULLMQ names the package, which is there in two versions.
"use strict";
const bullmq = require(process.env.BULLMQ);
const Redis = require("ioredis");
const common = require("../common");

const connection = { port: Number(process.argv[2]), host: "127.0.0.1" };
const redis = new Redis(connection);
const { show, until } = common;

/// What goes wrong within one of BullMQ's objects is heard.
function heard(name, one) {
  one.on("error", (error) => console.log(`${name} failed: ${error.message}`));
  return one;
}

async function queue(name, options = {}) {
  const one = heard(name, new bullmq.Queue(name, { connection, ...options }));
  await one.waitUntilReady();
  return one;
}

async function worker(name, work, options = {}) {
  const one = heard(name, new bullmq.Worker(name, work, { connection, drainDelay: 1, ...options }));
  await one.waitUntilReady();
  return one;
}

/// Its XREAD waits: events that come from now on are heard. Of what the queue already tells, `lastEventId` says what
/// is wanted.
async function events(name, options = {}) {
  const before = await blocked();
  const one = heard(name, new bullmq.QueueEvents(name, { connection, ...options }));
  await one.waitUntilReady();
  if (!options.lastEventId) await until("it listens", async () => (await blocked()) > before);
  return one;
}

/// How many wait in XREAD.
async function blocked() {
  const clients = (await redis.client("LIST")).split("\n");
  return clients.filter((line) => / flags=\w*b/.test(line) && / cmd=xread /.test(line)).length;
}

async function finished(one, count) {
  await until(`${count} jobs of ${one.name}`, async () => {
    const counts = await one.getJobCounts("completed", "failed");
    return counts.completed + counts.failed >= count;
  });
}

const close = (...all) => Promise.all(all.map((one) => one.close()));

/// Keys of jobs end in numbers and times, and which of these keys have expired depends on the time.
const passing = /^(\d+:lock|repeat:.*|stalled-check|limiter|marker|id|de:.*)$/;

/// What is left of a queue in the database: types of keys, and how much is in them.
async function remains(name) {
  const sizes = { hash: "hlen", list: "llen", set: "scard", zset: "zcard", stream: "xlen" };
  const kinds = {};
  for (const key of (await redis.keys(`bull:${name}:*`)).sort()) {
    const kind = key.slice(`bull:${name}:`.length);
    if (passing.test(kind)) continue;
    const type = await redis.type(key);
    const job = kind.match(/^[0-9a-f-]+(:\w+)?$/);
    // How often a worker found nothing, and woke up for it, depends on the time.
    const size = kind === "events" || job ? "" : ` ${sizes[type] ? await redis[sizes[type]](key) : await redis.get(key)}`;
    const what = job ? `job${job[1] ?? ""} ${type}` : `${kind} ${type}${size}`;
    kinds[what] = (kinds[what] || 0) + 1;
  }
  show("left", Object.entries(kinds).sort());
}

module.exports = { ...common, bullmq, close, connection, events, finished, heard, queue, redis, remains, worker };

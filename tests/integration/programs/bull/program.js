// What an application does with Bull: workers, priorities, delays, repetition, retries, limits, pauses, flows of
// events, and the counts and lists that its dashboards show. Prints what came of it, the same each time:
//
//     NODE_PATH=<node_modules> node program.js PORT UNIX_SOCKET [JOBS]
"use strict";
const Queue = require("bull");
const Redis = require("ioredis");
const { pause, run, show, until } = require("../common");

const port = Number(process.argv[2]);
const jobs = Number(process.argv[4] || 60);
const queues = [];
const redis = new Redis({ port, host: "127.0.0.1" });

/// A queue of its own for each part; what goes wrong within it is heard.
async function queue(name, options = {}) {
  const one = new Queue(name, { redis: { port, host: "127.0.0.1" }, ...options });
  one.on("error", (error) => console.log(`${name} failed: ${error.message}`));
  queues.push(one);
  await one.isReady();
  return one;
}

const finished = (one, count) =>
  until(`${count} jobs of ${one.name}`, async () => {
    const counts = await one.getJobCounts();
    return counts.completed + counts.failed >= count;
  });

const ids = (list) => list.map((job) => job.id);
const sum = (values) => values.reduce((all, value) => all + value, 0);

/// What is left of a queue in the database: types of keys, and how much is in them. Locks, limits and plans may have
/// expired or not.
async function remains(one) {
  const sizes = { hash: "hlen", list: "llen", set: "scard", zset: "zcard" };
  const prefix = `bull:${one.name}:`;
  const kinds = {};
  for (const key of (await redis.keys(`${prefix}*`)).sort()) {
    const [, number, kind] = key.slice(prefix.length).match(/^(\d*):?(.*)$/);
    if (/^(repeat:.*|id|stalled-check|limiter|lock)$/.test(kind)) continue;
    const type = await redis.type(key);
    const what = number ? `jobs ${kind}` : `${kind} ${type} ${sizes[type] ? await redis[sizes[type]](key) : await redis.get(key)}`;
    kinds[what] = (kinds[what] || 0) + 1;
  }
  show("left", kinds);
}

async function working() {
  const one = await queue("plain");
  const added = await one.addBulk(Array.from({ length: jobs }, (_, at) => ({ data: { number: at, text: "é\u0000\n" } })));
  show("added", [added.length, added[0].id, added.at(-1).id]);
  const seen = new Set();
  one.process(8, async (job) => {
    seen.add(job.id);
    await job.progress(50);
    await job.log(`working on ${job.data.number}`);
    return { squared: job.data.number ** 2, text: job.data.text };
  });
  await finished(one, jobs);
  show("each once", seen.size);
  const done = await one.getCompleted();
  show("results", [done.length, sum(done.map((job) => job.returnvalue.squared)), done[0].returnvalue.text]);
  show("counts", await one.getJobCounts());
  show("logs", await one.getJobLogs(added[3].id));
  show("state", [await added[3].getState(), (await one.getJob(added[3].id)).progress(), await one.getJob("none")]);
  show("waited for", (await (await one.add({ number: 5 })).finished()).squared);
  await remains(one);
}

async function priorities() {
  const one = await queue("priorities");
  await one.pause();
  for (let at = 0; at < jobs / 2; ++at) await one.add({ at }, { priority: ((at * 7) % 10) + 1 });
  await one.add({ at: "last in, first out" }, { lifo: true });
  await one.add({ at: "no priority" });
  show("paused", [await one.isPaused(), await one.getJobCounts(), await one.getCountsPerPriority([1, 2, 10])]);
  const order = [];
  one.process(async (job) => void order.push(job.data.at));
  await one.resume();
  await finished(one, jobs / 2 + 2);
  show("order", order);
  await remains(one);
}

async function delays() {
  const one = await queue("delays");
  const order = [];
  let early = 0;
  const due = {};
  const started = Date.now();
  for (let at = 0; at < 10; ++at) {
    due[at] = started + 1500 - at * 40;
    await one.add({ at }, { delay: due[at] - Date.now() });
  }
  await one.add({ at: "promoted" }, { delay: 3600000, jobId: "later" });
  show("delayed", [await one.getDelayedCount(), ids(await one.getDelayed()).length]);
  one.process(async (job) => {
    if (Date.now() < due[job.data.at] - 1) ++early;
    order.push(job.data.at);
  });
  await finished(one, 10);
  show("order", [order, early]);
  const later = await one.getJob("later");
  show("promoted", [await later.getState(), (await later.promote(), await later.finished()), await later.isCompleted()]);
  show("promoted twice", await later.promote().catch((error) => error.message));
  await remains(one);
}

async function repetitions() {
  const one = await queue("repetitions");
  let runs = 0;
  one.process("often", async () => ++runs);
  await one.add("often", {}, { repeat: { every: 30, limit: 5 } });
  await until("five repetitions", () => runs >= 5);
  await finished(one, 5);
  await one.add("often", { at: "night" }, { repeat: { cron: "0 3 * * *", tz: "Europe/Berlin" }, jobId: "nightly" });
  const plans = await one.getRepeatableJobs();
  show("planned", plans.filter((plan) => plan.cron).map((plan) => [plan.key, plan.cron, plan.tz, plan.next > Date.now()]));
  show("runs", runs);
  for (const plan of plans) await one.removeRepeatableByKey(plan.key);
  show("forgotten", [await one.getRepeatableCount(), await one.getDelayedCount()]);
  await remains(one);
}

async function retries() {
  const one = await queue("retries");
  const attempts = {};
  one.process(3, async (job) => {
    attempts[job.id] = (attempts[job.id] || 0) + 1;
    if (attempts[job.id] <= job.data.failures) throw new Error(`attempt ${attempts[job.id]} of ${job.data.failures}`);
    return attempts[job.id];
  });
  for (let failures = 0; failures < 5; ++failures)
    await one.add({ failures }, { attempts: 3, backoff: { type: "exponential", delay: 10 }, stackTraceLimit: 1 });
  await one.add({ failures: 9 }, { removeOnFail: true });
  await until("all of it", async () => {
    const counts = await one.getJobCounts();
    return counts.completed === 3 && counts.failed === 2 && (await one.getJob("6")) === null;
  });
  const failed = await one.getFailed();
  show("failed", failed.map((job) => [job.id, job.failedReason, job.attemptsMade, job.stacktrace.length]).sort());
  for (const job of failed) await job.retry();
  await until("retried", async () => (await one.getFailedCount()) + (await one.getCompletedCount()) === 5 && (await one.getActiveCount()) === 0);
  show("attempts", attempts);
  show("retried", [await one.getCompletedCount(), await one.getFailedCount()]);
  show("cleaned", [ids(await one.clean(0, "completed")).length, (await one.clean(0, "failed")).length]);
  await remains(one);
}

async function limits() {
  const one = await queue("limits", { limiter: { max: 5, duration: 150 } });
  const started = Date.now();
  await one.addBulk(Array.from({ length: 20 }, (_, at) => ({ data: { at } })));
  one.process(4, async () => {});
  await finished(one, 20);
  show("not faster than allowed", Date.now() - started >= 400);
  await remains(one);
}

/// A worker that is gone without a word: another one takes its job up again.
async function stalls() {
  const settings = { lockDuration: 150, lockRenewTime: 50, stalledInterval: 100, maxStalledCount: 1 };
  const lost = await queue("stalls", { settings });
  let begun = 0;
  lost.process(async () => new Promise(() => ++begun));
  const job = await lost.add({ precious: true });
  await until("it has begun", () => begun === 1);
  await lost.client.disconnect();
  await lost.bclient.disconnect();
  lost.timers.clearAll();
  clearInterval(lost.moveUnlockedJobsToWaitInterval);
  const heir = await queue("stalls", { settings });
  const stalled = new Promise((resolve) => heir.on("stalled", (which) => resolve(which.id)));
  heir.process(async () => "taken over");
  show("stalled", (await stalled) === job.id);
  const again = await heir.getJob(job.id);
  show("taken over", await again.finished());
  await remains(heir);
}

async function dashboards() {
  const one = await queue("dashboards");
  const other = await queue("dashboards");
  const heard = [];
  for (const event of ["waiting", "active", "progress", "completed", "failed", "removed", "paused", "resumed"])
    other.on(`global:${event}`, (id) => heard.push(`${event} ${id ?? ""}`));
  await other.isReady();
  await until("it listens", async () => (await redis.pubsub("NUMPAT")) > 0 || (await redis.pubsub("CHANNELS", "*dashboards*")).length >= 8);
  await one.pause();
  const named = await one.add("named", { a: 1 }, { jobId: "own" });
  show("the same again", (await one.add("named", { a: 2 }, { jobId: "own" })).id);
  await named.update({ a: 3 });
  const doomed = await one.add("named", {});
  await doomed.remove();
  await one.add("named", { fail: true });
  show("lists", [ids(await one.getJobs(["paused", "wait"])), await one.getWaitingCount(), await one.getPausedCount(), await one.count()]);
  one.process("named", async (job) => {
    await job.progress({ half: true });
    if (job.data.fail) throw new Error("asked for");
    return job.data;
  });
  await one.resume();
  await finished(one, 2);
  await until("all events", () => heard.some((each) => each.startsWith("failed")) && heard.some((each) => each.startsWith("completed")));
  show("events", heard.sort());
  show("result", (await one.getJob("own")).returnvalue);
  show("metrics", Object.keys(await one.getMetrics("completed")));
  show("workers", (await one.getWorkers()).length);
  await one.pause();
  await one.addBulk(Array.from({ length: 30 }, (_, at) => ({ data: { at } })));
  await one.removeJobs("1?");
  show("after a pattern", await one.getPausedCount());
  await one.empty();
  show("emptied", await one.count());
  await one.obliterate({ force: true });
  show("obliterated", await redis.keys("bull:dashboards:*").then((keys) => keys.length));
}

run(redis, { working, priorities, delays, repetitions, retries, limits, stalls, dashboards });

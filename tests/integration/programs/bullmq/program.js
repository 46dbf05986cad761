// What an application does with BullMQ: workers, priorities, delays, schedules, retries, limits, workers that die, flows,
// deduplication, events, and what its dashboards show. Prints what came of it, the same each time:
//
//     BULLMQ=<package> NODE_PATH=<node_modules> node program.js PORT UNIX_SOCKET [JOBS]
"use strict";
const { bullmq, close, events, finished, pause, queue, redis, remains, run, show, until, worker } = require("./support.js");
const { flows } = require("./flows.js");
const { stalls } = require("./stalls.js");
const { heard, replayed, relayed } = require("./streams.js");

const jobs = Number(process.argv[4] || 60);
const ids = (list) => list.map((job) => job.id);
const sum = (values) => values.reduce((all, value) => all + value, 0);
const numbered = (count, options) => Array.from({ length: count }, (_, at) => ({ name: "numbered", data: { at }, opts: options }));

async function working() {
  const one = await queue("plain");
  const listener = await events("plain");
  const completed = [];
  const progress = new Set();
  listener.on("completed", ({ jobId, returnvalue }, id) => completed.push([jobId, returnvalue.squared, id]));
  listener.on("progress", ({ jobId, data }) => data === 50 && progress.add(jobId));
  const added = await one.addBulk(Array.from({ length: jobs }, (_, at) => ({ name: "square", data: { number: at, text: "é\u0000\n" } })));
  show("added", [added.length, added[0].id, added.at(-1).id, await added[0].getState()]);
  const seen = new Map();
  const hand = await worker("plain", async (job) => {
    seen.set(job.id, (seen.get(job.id) || 0) + 1);
    await job.updateProgress(50);
    await job.log(`working on ${job.data.number}`);
    return { squared: job.data.number ** 2, text: job.data.text };
  }, { concurrency: 8 });
  await finished(one, jobs);
  await until("all events", () => completed.length === jobs);
  show("each once", [seen.size, [...seen.values()].every((times) => times === 1)]);
  show("heard of each once", [new Set(completed.map(([id]) => id)).size, progress.size, sum(completed.map(([, squared]) => squared))]);
  show("in order", completed.every(([, , id], at) => at === 0 || after(id, completed[at - 1][2])));
  const done = await one.getCompleted();
  show("results", [done.length, sum(done.map((job) => job.returnvalue.squared)), done[0].returnvalue.text]);
  show("counts", await one.getJobCounts());
  show("logs", await one.getJobLogs(added[3].id));
  show("state", [await added[3].getState(), (await one.getJob(added[3].id)).progress, await one.getJob("none")]);
  show("waited for", (await (await one.add("square", { number: 5 })).waitUntilFinished(listener)).squared);
  await close(hand, listener, one);
  await remains("plain");
}

/// Of two ids of a stream, whether the first is the larger one.
function after(one, other) {
  const [a, b] = [one, other].map((id) => id.split("-").map(Number));
  return a[0] > b[0] || (a[0] === b[0] && a[1] > b[1]);
}

async function priorities() {
  const one = await queue("priorities");
  await one.pause();
  for (let at = 0; at < jobs / 2; ++at) await one.add("numbered", { at }, { priority: ((at * 7) % 10) + 1 });
  await one.add("numbered", { at: "last in, first out" }, { lifo: true });
  await one.add("numbered", { at: "no priority" });
  const changed = await one.add("numbered", { at: "was last" }, { priority: 2000000 });
  await changed.changePriority({ priority: 1 });
  show("paused", [await one.isPaused(), await one.getJobCounts(), await one.getCountsPerPriority([0, 1, 2, 10])]);
  const order = [];
  const hand = await worker("priorities", async (job) => void order.push(job.data.at));
  await one.resume();
  await finished(one, jobs / 2 + 3);
  show("order", order);
  await close(hand, one);
  await remains("priorities");
}

async function delays() {
  const one = await queue("delays");
  const listener = await events("delays");
  const order = [];
  let early = 0;
  const due = {};
  const started = Date.now();
  for (let at = 0; at < 10; ++at) {
    due[at] = started + 1000 - at * 40;
    await one.add("numbered", { at }, { delay: due[at] - Date.now() });
  }
  await one.add("numbered", { at: "promoted" }, { delay: 3600000, jobId: "later" });
  const sooner = await one.add("numbered", { at: "sooner" }, { delay: 3600000 });
  show("delayed", [await one.getDelayedCount(), (await one.getDelayed()).length, await sooner.getState()]);
  const hand = await worker("delays", async (job) => {
    if (Date.now() < due[job.data.at] - 1) ++early;
    order.push(job.data.at);
  });
  await finished(one, 10);
  show("order", [order, early]);
  await sooner.changeDelay(20);
  await finished(one, 11);
  const later = await one.getJob("later");
  show("promoted", [await later.getState(), (await later.promote(), await later.waitUntilFinished(listener)), await later.isCompleted()]);
  show("promoted twice", await later.promote().catch((error) => error.message));
  await one.addBulk(numbered(5, { delay: 3600000 }));
  await one.promoteJobs();
  await finished(one, 17);
  show("the rest", [order.slice(10), await one.getDelayedCount()]);
  await close(hand, listener, one);
  await remains("delays");
}

async function schedules() {
  const one = await queue("schedules");
  const runs = [];
  const hand = await worker("schedules", async (job) => void runs.push([job.name, job.data.text, job.repeatJobKey]));
  await one.upsertJobScheduler("often", { every: 40, limit: 5 }, { name: "tick", data: { text: "tock" }, opts: { attempts: 2 } });
  await until("five repetitions", () => runs.length >= 5);
  await finished(one, 5);
  await one.upsertJobScheduler("nightly", { pattern: "0 3 * * *", tz: "Europe/Berlin" }, { name: "night", data: { text: "sleep" } });
  await one.upsertJobScheduler("nightly", { pattern: "0 4 * * *", tz: "Europe/Berlin" }, { name: "night", data: { text: "still" } });
  await one.upsertJobScheduler("hourly", { every: 3600000, startDate: Date.now() + 3600000 }, { name: "hour" });
  const plans = (await one.getJobSchedulers()).filter((plan) => plan.key !== "often");
  show("planned", plans.map((plan) => [plan.key, plan.name, plan.pattern, plan.tz, plan.every, plan.template, plan.next > Date.now()]));
  show("one of them", (await one.getJobScheduler("nightly")).pattern);
  show("waiting", (await one.getDelayed()).map((job) => job.name).sort());
  show("runs", runs);
  show("forgotten", [await one.removeJobScheduler("nightly"), await one.removeJobScheduler("nightly")]);
  await one.removeJobScheduler("hourly");
  await one.removeJobScheduler("often");
  show("nothing planned", [await one.getJobSchedulersCount(), await one.getDelayedCount()]);
  await close(hand, one);
  await remains("schedules");
}

async function retries() {
  const one = await queue("retries");
  const attempts = {};
  const hand = await worker("retries", async (job) => {
    attempts[job.id] = (attempts[job.id] || 0) + 1;
    if (job.data.hopeless) throw new bullmq.UnrecoverableError("hopeless");
    if (attempts[job.id] <= job.data.failures) throw new Error(`attempt ${attempts[job.id]} of ${job.data.failures}`);
    return attempts[job.id];
  }, { concurrency: 3 });
  for (let failures = 0; failures < 5; ++failures)
    await one.add("flaky", { failures }, { attempts: 3, backoff: { type: "exponential", delay: 10 }, stackTraceLimit: 1 });
  await one.add("flaky", { hopeless: true }, { attempts: 9 });
  await one.add("flaky", { failures: 9 }, { removeOnFail: true });
  await until("all of it", async () => {
    const counts = await one.getJobCounts();
    return counts.completed === 3 && counts.failed === 3 && (await one.getJob("7")) === undefined;
  });
  const failed = await one.getFailed();
  show("failed", failed.map((job) => [job.id, job.failedReason, job.attemptsMade, job.stacktrace.length]).sort());
  await (await one.getJob("6")).updateData({ failures: 0 });
  await one.retryJobs();
  await finished(one, 6);
  show("attempts", attempts);
  show("retried", [await one.getCompletedCount(), await one.getFailedCount()]);
  show("cleaned", [(await one.clean(0, 2, "completed")).length, (await one.clean(0, 100, "completed")).length]);
  await close(hand, one);
  await remains("retries");
}

async function limits() {
  const one = await queue("limits");
  const started = Date.now();
  await one.addBulk(numbered(20));
  let hand = await worker("limits", async () => {}, { limiter: { max: 5, duration: 150 }, concurrency: 4 });
  await finished(one, 20);
  show("not faster than allowed", Date.now() - started >= 400);
  await close(hand);

  let refused = 0;
  hand = await worker("limits", async (job) => {
    if (job.data.at === 3 && ++refused === 1) {
      await one.rateLimit(120);
      throw bullmq.Worker.RateLimitError();
    }
  }, { limiter: { max: 1000, duration: 1 } });
  await one.addBulk(numbered(10));
  await finished(one, 30);
  show("limited by hand", [refused, (await one.getCompleted()).length, await one.getFailedCount()]);
  await close(hand);

  await one.setGlobalConcurrency(2);
  let active = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++active);
    await pause(2);
    --active;
  };
  const hands = await Promise.all([1, 2, 3].map(() => worker("limits", work, { concurrency: 5 })));
  await one.addBulk(numbered(20));
  await finished(one, 50);
  show("at most two at once", [most, await one.getGlobalConcurrency()]);
  await close(...hands, one);
  await remains("limits");
}

async function duplicates() {
  const one = await queue("duplicates");
  const listener = await events("duplicates");
  const told = [];
  listener.on("deduplicated", ({ jobId, deduplicationId, deduplicatedJobId }) => told.push([jobId, deduplicationId, deduplicatedJobId]));
  listener.on("duplicated", ({ jobId }) => told.push([jobId, "again"]));
  const simple = { deduplication: { id: "simple" } };
  show("one of three", ids([await one.add("a", { n: 1 }, simple), await one.add("a", { n: 2 }, simple), await one.add("a", { n: 3 }, simple)]));
  const last = { deduplication: { id: "last", ttl: 3600000, extend: true, replace: true }, delay: 3600000 };
  for (let n = 1; n <= 3; ++n) await one.add("b", { n }, last);
  show("the last of three", (await one.getDelayed()).map((job) => job.data));
  await one.add("c", { n: 1 }, { jobId: "own" });
  show("the same again", (await one.add("c", { n: 2 }, { jobId: "own" })).id);
  await until("all events", () => told.length === 5);
  show("told", told.sort());
  show("whose", await one.getDeduplicationJobId("simple"));
  show("released", [await one.removeDeduplicationKey("simple"), (await one.add("a", { n: 4 }, simple)).data]);
  await close(listener, one);
  await remains("duplicates");
}

async function dashboards() {
  const one = await queue("dashboards");
  await one.pause();
  const named = await one.add("named", { a: 1 }, { jobId: "own" });
  await named.updateData({ a: 3 });
  await (await one.add("named", {})).remove();
  await one.add("named", { fail: true });
  show("lists", [ids(await one.getJobs(["paused", "wait"])), await one.getWaitingCount(), await one.count()]);
  const hand = await worker("dashboards", async (job) => {
    if (job.data.fail) throw new Error("asked for");
    return job.data;
  }, { name: "one", metrics: { maxDataPoints: 10 } });
  const listener = await events("dashboards");
  await one.resume();
  await finished(one, 2);
  show("result", (await one.getJob("own")).returnvalue);
  show("metrics", [(await one.getMetrics("completed")).meta.count, (await one.getMetrics("failed")).meta.count]);
  show("workers", (await one.getWorkers()).map((each) => each.name.split(":").at(-1)));
  show("listeners", (await one.getQueueEvents()).length);
  show("meta", [(await one.getMeta()).maxLenEvents, (await one.getVersion()) === `bullmq:${await version()}`]);
  await close(hand, listener);
  await one.pause();
  await one.addBulk(numbered(30));
  await one.addBulk(numbered(30, { delay: 3600000 }));
  show("removed", await one.remove((await one.getDelayed())[0].id));
  await one.drain();
  show("drained", [await one.count(), await one.getDelayedCount()]);
  await one.drain(true);
  show("delayed ones, too", await one.count());
  await one.obliterate({ force: true });
  show("obliterated", (await redis.keys("bull:dashboards:*")).length);
  await close(one);
}

const version = async () => require(`${process.env.BULLMQ}/package.json`).version;

run(redis, { working, priorities, delays, schedules, retries, limits, stalls, flows, duplicates, heard, replayed, relayed, dashboards }, jobs);

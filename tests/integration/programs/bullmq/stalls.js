// Workers that die with a job in their hands. Started by itself with a queue's name behind the port, this file is one.
"use strict";
const { fork } = require("node:child_process");
const { close, events, finished, pause, queue, remains, show, until, worker } = require("./support.js");

const careful = { stalledInterval: 100 };

/// A process that begins every job it gets, and ends none. It says so once it has.
async function doom(name, count) {
  let begun = 0;
  const forever = () => new Promise(() => ++begun === count && process.send("begun"));
  await worker(name, forever, { lockDuration: 200, concurrency: count, skipStalledCheck: true });
}

/// Its jobs are begun, and it is gone without a word.
async function lose(name, count) {
  const child = fork(__filename, [process.argv[2], name, String(count)]);
  await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", () => reject(new Error("it did not begin")));
  });
  child.removeAllListeners("exit");
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

/// Another worker takes a dead one's jobs up again; whoever was the last worker of a job that kills them does not.
async function stalls(jobs) {
  const one = await queue("stalls");
  const listener = await events("stalls");
  const stalled = new Set();
  listener.on("stalled", ({ jobId }) => stalled.add(jobId));
  const count = Math.round(jobs / 10);
  await one.addBulk(Array.from({ length: count }, (_, at) => ({ name: "precious", data: { at } })));
  await lose("stalls", count);
  show("in nobody's hands", [await one.getActiveCount(), await one.getWaitingCount()]);
  const heir = await worker("stalls", async (job) => `taken over ${job.data.at}`, careful);
  await finished(one, count);
  await until("all are told", () => stalled.size === count);
  const done = await one.getCompleted();
  show("taken over", done.map((job) => [job.returnvalue, job.attemptsStarted, job.stalledCounter]).sort());
  await close(heir);

  const killer = await one.add("precious", { at: "killer" });
  await lose("stalls", 1);
  const last = await worker("stalls", async () => "never", { ...careful, maxStalledCount: 0 });
  await finished(one, count + 1);
  await until("it has failed", () => killer.isFailed());
  show("given up", (await one.getFailed()).map((job) => job.failedReason));
  await close(last, listener, one);
  await remains("stalls");
}

module.exports = { stalls };

if (require.main === module)
  doom(process.argv[3], Number(process.argv[4])).then(() => pause(60000)).then(() => process.exit(1));

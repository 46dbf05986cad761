// What a queue tells is a stream: heard as it comes, read again from its beginning, and trimmed. Version 6 also relays
// messages between nodes, each of which reads a stream of its own.
"use strict";
const { bullmq, close, connection, events, finished, heard: listened, queue, redis, show, until, worker } = require("./support.js");

const names = ["added", "waiting", "active", "progress", "completed", "failed", "delayed", "removed", "paused", "resumed", "cleaned", "retries-exhausted", "custom"];

/// Everything that it tells from now on, but for the times.
function record(listener) {
  const told = [];
  for (const name of names)
    listener.on(name, ({ jobId, prev, data, returnvalue, failedReason, count, text }) =>
      told.push([name, jobId, prev, data, returnvalue, failedReason, count, text].filter((each) => each !== undefined && each !== null)));
  return told;
}

/// One job after the other, so that their events have one order.
async function live(one) {
  const add = (name, options) => one.add(name, {}, { jobId: `${name}-own`, ...options });
  await add("first");
  await add("second", { attempts: 2 });
  await add("third", { priority: 3 });
  await (await add("fourth")).remove();
  const attempts = {};
  const hand = await worker(one.name, async (job) => {
    attempts[job.name] = (attempts[job.name] || 0) + 1;
    await job.updateProgress({ half: job.name });
    if (job.name === "second") throw new Error(`no, and no (${attempts[job.name]})`);
    return { name: job.name };
  });
  await finished(one, 3);
  await close(hand);
  await one.pause();
  await one.resume();
  await one.clean(0, 100, "completed");
}

async function heard() {
  const one = await queue("told");
  const listener = await events("told");
  const told = record(listener);
  await live(one);
  const speaker = listened("told", new bullmq.QueueEventsProducer("told", { connection }));
  for (let at = 0; at < 20; ++at) await speaker.publishEvent({ eventName: "custom", text: `${at} é\n` });
  await until("all events", () => told.filter(([name]) => name === "custom").length === 20);
  show("told", told);
  await close(speaker, listener, one);
}

/// A listener that comes later reads the same from the beginning, and one that was away reads on where it was.
async function replayed(jobs) {
  const again = await events("told", { lastEventId: "0-0" });
  const told = record(again);
  await until("all events", () => told.filter(([name]) => name === "custom").length === 20);
  show("again", [told.length, told[0], told.at(-1)]);
  await close(again);
  const tenth = (await redis.xrevrange("bull:told:events", "+", "-", "COUNT", 10)).at(-1)[0];
  const late = await events("told", { lastEventId: tenth });
  const rest = record(late);
  await until("nine events", () => rest.length >= 9);
  show("from there", [rest.length, rest[0], rest.at(-1)]);
  await close(late);

  const short = await queue("short", { streams: { events: { maxLen: 20 } } });
  await short.addBulk(Array.from({ length: jobs * 4 }, (_, at) => ({ name: "numbered", data: { at } })));
  const length = await redis.xlen("bull:short:events");
  show("cut roughly", [length >= 20, length < 20 + 2 * 100]);
  show("cut exactly", [(await short.trimEvents(0)) >= 0, (await redis.xlen("bull:short:events")) <= 100]);
  await close(short);
}

async function relayed(jobs) {
  if (!bullmq.Relay) return;
  const node = (nodeId) => listened(nodeId, new bullmq.Relay({ connection, nodeId, blockTimeout: 200 }));
  const [one, other] = [node("one"), node("other")];
  await Promise.all([one.waitUntilReady(), other.waitUntilReady()]);
  const got = { sports: [], all: [], everything: 0, kept: [] };
  await one.subscribe("news.sports", ({ data }) => void got.sports.push(data.at));
  await other.subscribe("news.*", ({ topic, data }) => void got.all.push([topic, data.at]));
  const wild = await other.subscribe(">", () => void ++got.everything);
  const reached = new Set();
  for (let at = 0; at < jobs; ++at) {
    const { nodes, endpoints } = await other.publish(at % 2 ? "news.sports" : "news.weather", { at });
    reached.add(`${nodes} nodes, ${endpoints} endpoints`);
  }
  await until("all messages", () => got.sports.length === jobs / 2 && got.all.length === jobs && got.everything === jobs);
  show("reached", [...reached].sort());
  show("in order", [got.sports, got.all.every(([topic, number], at) => number === at && topic.endsWith(at % 2 ? "sports" : "weather"))]);
  await other.publish("kept.one", "still there", { retain: 3600000 });
  await one.subscribe("kept.one", ({ data, retained }) => void got.kept.push([data, retained]));
  await until("what was kept", () => got.kept.length === 1);
  show("kept", [got.kept, (await other.getRetained()).map(({ topic, data }) => [topic, data])]);
  await wild.unsubscribe();
  show("counts", await one.getCounts());
  show("nodes", (await one.getNodes()).map(({ id, dropped, subscriptions }) => [id, dropped, subscriptions]).sort());
  await close(one, other);
}

module.exports = { heard, replayed, relayed };

// Jobs that wait for their children, which are in other queues.
"use strict";
const { bullmq, close, connection, events, finished, heard, queue, remains, show, until, worker } = require("./support.js");

const sum = (values) => values.reduce((all, value) => all + value, 0);
const leaf = (data, opts) => ({ name: "leaf", queueName: "leaves", data, opts });

const shape = (node) => [node.job.name, ...(node.children ?? []).map(shape).sort()];

async function wide(producer, count) {
  const children = Array.from({ length: count }, (_, at) => leaf({ value: at }));
  const tree = await producer.add({ name: "sum", queueName: "trunks", data: {}, children });
  show("waits for its children", [await tree.job.getState(), await tree.job.getDependenciesCount()]);
  return tree.job;
}

/// A hasty one begins as soon as one of its children has failed, and does without the others.
async function add_up(job) {
  if (job.name === "sum") return sum(Object.values(await job.getChildrenValues()));
  await job.removeUnprocessedChildren();
  return Object.values(await job.getFailedChildrenValues());
}

/// Three generations, of which each adds up what the one below it returned.
async function deep(producer, listener) {
  const branch = (from) => ({ name: "sum", queueName: "trunks", data: {}, children: [leaf({ value: from }), leaf({ value: from + 1 })] });
  const tree = await producer.add({ name: "sum", queueName: "trunks", data: {}, children: [branch(10), branch(20), leaf({ value: 1000 })] });
  show("shape", shape(await producer.getFlow({ id: tree.job.id, queueName: "trunks" })));
  show("deep", await tree.job.waitUntilFinished(listener));
  const ended = await tree.job.getDependencies({ processed: {} });
  show("of its children", Object.values(ended.processed).sort());
}

/// What the failure of a child means is the child's option.
async function broken(producer, listener) {
  const bad = (opts) => leaf({ value: 0, fail: true }, opts);
  const parent = (children, name = "sum") => producer.add({ name, queueName: "trunks", data: {}, children });
  const failing = await parent([bad({ failParentOnFailure: true }), leaf({ value: 1 })]);
  show("fails with it", await failing.job.waitUntilFinished(listener).catch((error) => error.message.replace(/[0-9a-f-]{36}/, "<id>")));
  const ignoring = await parent([bad({ ignoreDependencyOnFailure: true }), leaf({ value: 2 })]);
  show("ignores it", await ignoring.job.waitUntilFinished(listener));
  show("ignored", Object.values(await ignoring.job.getIgnoredChildrenFailures()));
  const removing = await parent([bad({ removeDependencyOnFailure: true }), leaf({ value: 3 })]);
  show("forgets it", await removing.job.waitUntilFinished(listener));
  const early = await parent([bad({ continueParentOnFailure: true }), leaf({ value: 4 }, { delay: 3600000 })], "hasty");
  show("goes on without it", await early.job.waitUntilFinished(listener));
}

async function flows(jobs) {
  const producer = heard("flows", new bullmq.FlowProducer({ connection }));
  const [leaves, trunks, listener] = [await queue("leaves"), await queue("trunks"), await events("trunks")];
  const waits = new Set();
  listener.on("waiting-children", ({ jobId }) => waits.add(jobId));
  const broad = await wide(producer, jobs);
  const hands = [
    await worker("leaves", async (job) => {
      if (job.data.fail) throw new Error("a leaf fell");
      return job.data.value;
    }, { concurrency: 4 }),
    await worker("trunks", add_up, { concurrency: 2 }),
  ];
  show("wide", await broad.waitUntilFinished(listener));
  show("children", await broad.getDependenciesCount());
  await deep(producer, listener);
  await broken(producer, listener);
  const many = await producer.addBulk(Array.from({ length: 10 }, (_, at) => ({ name: "sum", queueName: "trunks", data: {}, children: [leaf({ value: at })] })));
  show("many", await Promise.all(many.map((tree) => tree.job.waitUntilFinished(listener))));
  await until("all parents", async () => waits.size === 18);
  await finished(trunks, 18);
  await finished(leaves, jobs + 5 + 7 + 10);
  const trunk = (await producer.add({ name: "sum", queueName: "trunks", data: {}, children: [leaf({ value: 1 }, { delay: 3600000 })] })).job;
  await trunk.remove();
  show("removed with its children", [await leaves.getDelayedCount(), await trunks.getWaitingChildrenCount()]);
  await close(...hands, listener, producer, leaves, trunks);
  await remains("trunks");
  await remains("leaves");
}

module.exports = { flows };

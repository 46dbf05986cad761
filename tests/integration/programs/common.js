// What the programs in JavaScript share: printing, waiting, and running one part after the other.
"use strict";

const show = (label, value) => console.log(`${label}: ${JSON.stringify(value)}`);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, condition) {
  const end = Date.now() + 30000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`this did not happen: ${what}`);
    await pause(2);
  }
}

/// Runs the parts, functions by name, with these arguments, and ends the process.
function run(redis, parts, ...given) {
  const all = async () => {
    await redis.flushall();
    for (const [name, part] of Object.entries(parts)) {
      console.log(`== ${name}`);
      await part(...given);
    }
    console.log("done");
  };
  all()
    .catch((error) => {
      console.log(`failed: ${error.stack}`);
      process.exitCode = 1;
    })
    .finally(() => process.exit());
}

module.exports = { pause, run, show, until };

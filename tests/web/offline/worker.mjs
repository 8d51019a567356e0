// The worker's own source among pages that are looked at or not, asked to take over by one of them.
import { createInterface } from "node:readline";
import vm from "node:vm";

const { value } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const { source, pages } = JSON.parse(value);
const heard = {};
let asked = null;
let over = false;
const worker = {
  addEventListener: (name, handle) => (heard[name] = handle),
  clients: {
    matchAll: async (options) => {
      asked = options;
      return pages.map((visibilityState) => ({ visibilityState }));
    },
  },
  skipWaiting: async () => (over = true),
};
vm.runInNewContext(source, worker);
await new Promise((done) => heard.message({ data: "take over", waitUntil: (work) => done(work) }));
console.log(JSON.stringify({ asked, over }));
process.exit(0);

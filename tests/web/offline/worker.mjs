// The worker's own source without a browser: asked to take over by one of `pages`, which are looked at or not, or, with a `request`, for an answer.
import { createInterface } from "node:readline";
import vm from "node:vm";

const { value } = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next();
const { source, pages = [], request, coming = null, reached = true } = JSON.parse(value);
const heard = {};
const said = { asked: null, over: false, fetched: 0, answer: null };
const worker = {
  URL,
  location: new URL("https://portal.example/service-worker.js"),
  addEventListener: (name, handle) => (heard[name] = handle),
  clients: {
    matchAll: async (options) => {
      said.asked = options;
      return pages.map((visibilityState) => ({ visibilityState }));
    },
  },
  skipWaiting: async () => (said.over = true),
  caches: { open: async () => ({ match: async (address) => ({ status: 200, from: address }) }) },
  fetch: async () => {
    said.fetched += 1;
    if (!reached) throw new TypeError("Failed to fetch");
    return { status: 200, from: "network" };
  },
};
vm.runInNewContext(source, worker);
if (request) {
  const preloadResponse = reached ? Promise.resolve(coming) : Promise.reject(new TypeError("Failed to fetch"));
  preloadResponse.catch(() => {});
  heard.fetch({ request, preloadResponse, respondWith: (answer) => (said.answer = answer) });
  said.answer = await said.answer;
} else {
  await new Promise((done) => heard.message({ data: "take over", waitUntil: (work) => done(work) }));
}
console.log(JSON.stringify(said));
process.exit(0);

/** A page that leaves all work to a worker, which it starts with its own query. */
new Worker(`/programs/web-worker.js${location.search}`, { type: "module" });

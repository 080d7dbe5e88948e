/** For a page that leaves all work to a worker, started with the same query. */
new Worker(`/programs/web-worker.js${location.search}`, { type: "module" });

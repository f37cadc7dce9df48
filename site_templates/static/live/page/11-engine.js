// The engine in a worker made from its own text, or on the page where a worker is refused.
const asks = new Map(); // id → {message, progress, resolve, reject}
let asked = 0;
let send = null; // message →
let answered = false; // the engine has answered once, so its worker runs
let onPage = false; // no worker: the engine runs on the page

/**
 * Ask the engine for something. The promise gives its answer, or null after a stop; `.stop()` asks
 * it to stop. `progress` is called with whatever comes before.
 */
function ask(name, fields = {}, progress = () => {}) {
  const id = (asked += 1);
  const message = { id, ask: name, ...fields };
  const promise = new Promise((resolve, reject) =>
    asks.set(id, { message, progress, resolve, reject }),
  );
  promise.stop = () => send({ id: (asked += 1), ask: "stop", of: id });
  send(message);
  return promise;
}

function hear(message) {
  const open = asks.get(message.id);
  answered = true;
  if (!open) return;
  if (message.progress) {
    open.progress(message.progress);
    return;
  }
  asks.delete(message.id);
  if (message.error) open.reject(new Error(message.error));
  else open.resolve(message.stopped ? null : message.answer);
}

function engineOnPage() {
  const receive = liveEngine(hear);
  onPage = true;
  send = (message) => setTimeout(receive, 0, message);
  asks.forEach((open) => send(open.message));
}

/** A worker of this text; a page from a folder may have no other. */
function workerOf(text) {
  return new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}

/** Start the engine; it answers once `network` was asked. */
function startEngine() {
  try {
    const text = `const receive = (${liveEngine})((m, t) => postMessage(m, t)); onmessage = e => receive(e.data);`;
    const worker = workerOf(text);
    worker.onmessage = (event) => hear(event.data);
    worker.onerror = () => {
      if (!answered) return engineOnPage(); // refused by a policy, which says so only now
      asks.forEach((open) =>
        open.reject(new Error("The network has stopped. Load this page again.")),
      );
      asks.clear();
    };
    send = (message) => worker.postMessage(message);
  } catch (error) {
    engineOnPage();
  }
}

/** What is slower here than elsewhere, in sentences. */
function slowness(simd) {
  return [
    onPage &&
      "This browser allows no worker here, so the network runs on the page itself, which may stand still for moments.",
    !simd &&
      "This browser has no WebAssembly with SIMD: the network runs in plain JavaScript, about five times slower.",
  ].filter(Boolean);
}

// What comes after the reader's click: scripts, inserted one after another, each of which calls back.
const root = document.getElementById("live");
/** The element `live-…`. */
const part = (name) => document.getElementById("live-" + name);

let network = null; // network.json, with what the gallery knows of each filter
let pictures = []; // to begin with
const ready = new Set(); // names of layers whose weights are here
let hasOutput = false; // so are those of the head
const weightsCome = []; // [number, base64], until the engine takes them

window.liveParts = {
  network: (given) => {
    network = given;
  },
  pictures: (given) => {
    pictures = given;
  },
  weights: (number, text) => weightsCome.push([number, text]),
};

/** Load a classic script; a page from a folder may load nothing else. */
function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => {
      const name = address.split("/").pop();
      reject(
        new Error(
          `${name} did not come. Load this page again; if that does not help, it is missing from the site.`,
        ),
      );
    };
    document.head.append(script);
  });
}

/** Tell the reader what is going on. */
function status(words) {
  part("status").textContent = words;
}

/** Load all weights, those of the lowest layers first, and hand each part to the engine. */
async function loadWeights(changed) {
  for (const address of root.dataset.weights.split(" ")) {
    await load(address);
    const [number, text] = weightsCome.pop();
    const answer = await ask("weights", { part: number, text });
    answer.layers.forEach((name) => ready.add(name));
    hasOutput = answer.output;
    changed();
  }
}

/** What is here and what is still to come; "" where all is here. */
function arrivalWords() {
  const titles = network.layers.filter(({ name }) => ready.has(name)).map(({ title }) => title);
  const all = titles.length === network.layers.length && (hasOutput || network.output === null);
  if (all) return "";
  const last = titles.pop();
  if (!last) return "The network is on its way.";
  const here = titles.length ? `${titles.join(", ")} and ${last} are` : `${last} is`;
  return `${here} ready; the rest is on its way.`;
}

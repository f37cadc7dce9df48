// Start, and the choice of mode and layer.
let mode = "look";
let turn = 0; // refreshes begun
let refreshing = null;
let waiting = false; // for weights

function chosenLayer() {
  return layerNamed(root.querySelector("[name=layer]:checked").value);
}
function checkLayer(layer) {
  root.querySelector(`[name=layer][value="${CSS.escape(layer.name)}"]`).checked = true;
}

/** Bring the mode up to date; one refresh at a time, and what comes meanwhile asks for one more. */
async function refresh() {
  turn += 1;
  if (refreshing) return refreshing;
  refreshing = (async () => {
    for (let done = 0; done !== turn;) {
      done = turn;
      waiting = false;
      speakAnew(`${mode} ${chosenLayer().name}`);
      try {
        await modes[mode].refresh();
      } catch (error) {
        if (done === turn) throw error; // else of what nobody asks for any more
      }
    }
  })();
  if (!moving()) root.classList.add("busy");
  try {
    await refreshing;
  } finally {
    refreshing = null;
    root.classList.remove("busy");
  }
}

/** Begin anew with this picture, mode and layer. */
function begin() {
  stopTask();
  drawOver();
  if (hasPicture) refresh().catch(failed);
}

function setLayer(layer) {
  checkLayer(layer);
  if (pinned.layer !== layer) part("pinned").hidden = true;
  remember();
  begin();
}

function setMode(wanted) {
  const field = (value) => root.querySelector(`[name=mode][value=${value}]`);
  const name = field(wanted).disabled ? "look" : wanted; // a network may lack classes
  mode = name;
  field(name).checked = true;
  root.dataset.mode = name;
  root.querySelectorAll("[data-mode]").forEach((panel) => {
    panel.hidden = !panel.dataset.mode.split(" ").includes(name);
  });
  const frame = part("drop");
  const covers = name === "cover";
  if (covers) frame.tabIndex = 0;
  else frame.removeAttribute("tabindex");
  frame.setAttribute(
    "aria-label",
    covers ? "Your picture. Arrow keys move the square" : "Your picture",
  );
  follow();
  if (modes[name].still && moving()) {
    pause(true);
    tell("The camera stands still while the picture is worked on.");
  }
  remember();
  begin();
}

/** A copy of the picture as the network gets it. */
function drawCopy(target) {
  target.width = canvas.width;
  target.height = canvas.height;
  if (hasPicture) target.getContext("2d").drawImage(canvas, 0, 0);
}

function fillClasses() {
  const options = network.classes.map((name, index) => new Option(name, index));
  part("dream-class").append(...options.map((option) => option.cloneNode(true)));
  part("fool-class").append(...options);
}

/** More weights have come. */
function weightsChanged() {
  status(arrivalWords());
  root.querySelectorAll("[name=layer]").forEach((field) => {
    field.disabled = !ready.has(field.value);
  });
  if (task) return;
  if (mode === "dream") dreamReady();
  else if (waiting) begin();
}

async function start() {
  part("start").disabled = true;
  status("The network is on its way.");
  await Promise.all([root.dataset.engine, root.dataset.network, root.dataset.pictures].map(load));
  startEngine();
  const { simd, dreams: usual } = await ask("network", { network: plainNetwork() });
  dreams = usual;
  part("slowness").textContent = slowness(simd).join(" ");
  fillSamples();
  fillClasses();
  part("begin").hidden = true;
  part("room").hidden = false;
  listen();
  const image = pictures.find((each) => each.kind === "image") || pictures[pictures.length - 1];
  if (!goToAddress()) setMode(mode);
  root.querySelector("[name=mode]:checked").focus({ preventScroll: true });
  part("room").scrollIntoView();
  await takeSample(image.name);
  await loadWeights(weightsChanged);
}

/** What the engine needs to know, without what the gallery knows of the filters. */
function plainNetwork() {
  const { gallery, ...plain } = network;
  return plain;
}

function listen() {
  listenForPictures();
  listenForCamera();
  listenToMaps();
  listenToPinned();
  listenToCover();
  listenToDream();
  listenToFool();
  root
    .querySelectorAll("[name=mode]")
    .forEach((field) => field.addEventListener("change", () => setMode(field.value)));
  root
    .querySelectorAll("[name=layer]")
    .forEach((field) => field.addEventListener("change", () => setLayer(layerNamed(field.value))));
  root
    .querySelectorAll("form")
    .forEach((form) => form.addEventListener("submit", (event) => event.preventDefault()));
  part("stop").addEventListener("click", stopTask);
  addEventListener("hashchange", goToAddress);
  new ResizeObserver(drawOver).observe(part("drop"));
}

root.hidden = false;
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault(); // or the browser would leave this page for the picture
  if (part("room").hidden) status("Press “Start” first, then drop the picture again.");
});
part("start").addEventListener("click", () =>
  start().catch((error) => {
    part("start").disabled = false;
    status(error.message);
  }),
);

// Look: every filter's map, and the filters whose answers are the most unusual.
const modes = {};
const LISTED = 10;
const CALM = 700; // milliseconds between changes of lists while the camera runs
let listedAt = 0;

/** Ask for the maps of the layer chosen; null where the answer is for a layer no longer chosen. */
async function lookAtLayer() {
  const layer = chosenLayer();
  if (!ready.has(layer.name)) {
    waiting = true;
    what(`${layer.title} is still on its way.`);
    return null;
  }
  const answer = await ask("look", { layer: layer.name });
  if (layer !== chosenLayer() || !answer) return null;
  const calm = !moving() || performance.now() - listedAt > CALM || grid.layer !== layer;
  const ranks = calm ? ranked(layer, answer.maxima) : null;
  const order = orderedBy(part("order").value, answer.maxima, ranks);
  const drawn = showMaps(layer, answer, order);
  follow();
  if (calm) {
    listedAt = performance.now();
    const answering = ranks.filter(([, share]) => share > 0).slice(0, LISTED);
    fillCards(
      part("strongest"),
      answering.map(([filter, share]) => [layer, filter, weakerWords(share)]),
    );
  }
  await drawn;
  return { layer, answer, ranks };
}

/** The filters in the order of their maps; null where it stays as it is, as `ranks` are not at hand. */
function orderedBy(name, maxima, ranks) {
  const filters = Array.from(maxima.keys());
  if (name === "number" || !ranks) return name === "number" ? filters : null;
  return name === "rank"
    ? ranks.map(([filter]) => filter)
    : filters.sort((a, b) => maxima[b] - maxima[a]);
}

modes.look = {
  async refresh() {
    const looked = await lookAtLayer();
    if (looked && looked.ranks) what(lookWords(looked.layer, looked.answer.maxima, looked.ranks));
  },
  over(context) {
    const filter =
      grid.at >= 0 ? grid.order[grid.at] : pinned.layer === grid.layer ? pinned.filter : -1;
    if (filter < 0 || !grid.answer) return;
    const [, , width] = grid.answer.shape;
    const unit = grid.answer.units[filter];
    lightMap(context, grid.layer, grid.answer, filter);
    if (grid.answer.maxima[filter] > 0)
      outlineField(context, grid.layer, Math.floor(unit / width), unit % width);
  },
};

part("order").addEventListener("change", () => begin());

// Each view has an address: #layer3/217, #reconstruct=layer3/217, #dream=layer4, #name, …
const NAMES = ["look", "reconstruct", "name", "cover", "dream", "fool"];

/** Read an address: {mode, layer, filter}, of which the last two may be undefined; null where it is none. */
function readAddress(hash) {
  let text;
  try {
    text = decodeURIComponent(hash.replace(/^#/, ""));
  } catch (error) {
    return null; // no address of ours
  }
  const [before, after] = text.split("=");
  const named = NAMES.includes(before);
  const [name, number] = (named ? after || "" : before).split("/");
  const layer = network.layers.find((each) => each.name === name);
  const filter =
    layer && /^\d+$/.test(number) && Number(number) < layer.filters ? Number(number) : undefined;
  return named || layer ? { mode: named ? before : "look", layer, filter } : null;
}

/** The address of what is shown. */
function address() {
  const layer = chosenLayer();
  const place = pinned.layer === layer ? `${layer.name}/${pinned.filter}` : layer.name;
  if (mode === "look") return pinned.layer === layer ? `#${place}` : `#look=${layer.name}`;
  if (mode === "reconstruct") return `#reconstruct=${place}`;
  if (mode !== "dream" || root.querySelector("[name=dream]:checked").value === "class")
    return `#${mode}`;
  const one = root.querySelector("[name=dream]:checked").value === "filter";
  return `#dream=${layer.name}${one ? `/${part("dream-filter").value}` : ""}`;
}

/** Put the address into the bar; a page opened from a folder may be refused that. */
function remember() {
  try {
    history.replaceState(null, "", address());
  } catch (error) {
    // the view then has no address of its own
  }
}

/** Go where the address says; false where it says nothing of ours. */
function goToAddress() {
  const wanted = readAddress(location.hash);
  if (!wanted) return false;
  const { layer, filter } = wanted;
  if (layer) {
    checkLayer(layer);
    if (filter === undefined) unpin();
    else if (wanted.mode !== "dream") pin(layer, filter);
  }
  if (wanted.mode === "dream" && layer) {
    root.querySelector(`[name=dream][value=${filter === undefined ? "layer" : "filter"}]`).checked =
      true;
    part("dream-filter").value = filter || 0;
  }
  setMode(wanted.mode);
  return true;
}

// A filter as a card: its nine patches, its name, what is known of it, and a button that pins it.

function filterPage(layer, filter) {
  return known(layer).page.replace("*", filter);
}

/** The contact sheet of a filter's nine patches. */
function patchesOf(layer, filter, side) {
  const image = new Image(side, side);
  image.loading = "lazy";
  image.alt = `The nine patches that activate ${filterName(layer.name, filter)} most`;
  image.className = known(layer).pixelated ? "pixelated" : "";
  image.src = known(layer).patches.replace("*", filter);
  return image;
}

/** A list item of a filter with a sentence. */
function cardOf(layer, filter) {
  const link = make("a", "", patchesOf(layer, filter, 96), make("span", "", `Filter ${filter}`));
  link.href = filterPage(layer, filter);
  const button = make("button", "", "Show");
  button.type = "button";
  button.setAttribute("aria-label", `Show ${filterName(layer.name, filter)} on the picture`);
  button.addEventListener("click", () => showFilter(layer, filter));
  const caption = known(layer).captions[filter];
  return make(
    "li",
    "",
    link,
    make("p", "", caption ? make("span", "caption", caption) : "", make("span", "figure")),
    button,
  );
}

/** Fill a list with cards of [layer, filter, words]; a card that stays is not made again. */
function fillCards(list, cards) {
  const old = new Map(Array.from(list.children, (item) => [item.dataset.key, item]));
  const items = cards.map(([layer, filter, words]) => {
    const key = `${layer.name}/${filter}`;
    const item = old.get(key) || cardOf(layer, filter);
    item.dataset.key = key;
    item.querySelector(".figure").textContent = words;
    return item;
  });
  const focused = list.contains(document.activeElement) && document.activeElement;
  if (
    items.some((item, at) => item !== list.children[at]) ||
    items.length !== list.children.length
  ) {
    list.replaceChildren(...items);
    if (focused && focused.isConnected) focused.focus();
  }
}

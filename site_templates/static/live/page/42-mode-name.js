// Name: the five most probable classes, and the filters that speak for the first one.

/** A list of answers [[class, probability]…], each with a bar. */
function fillAnswers(list, top) {
  list.replaceChildren(
    ...top.map(([index, probability]) => {
      const bar = make("span", "bar");
      bar.style.width = `${100 * probability}%`;
      const shown = make("span", "track", bar);
      shown.setAttribute("aria-hidden", "true");
      return make(
        "li",
        "",
        make("span", "label", className(index)),
        make("span", "value", percent(probability)),
        shown,
      );
    }),
  );
}

/** Whether the weights behind the last layer are here; says so where they are not. */
function headIsHere() {
  if (hasOutput) return true;
  waiting = true;
  what("The weights that name the picture are still on their way.");
  return false;
}

modes.name = {
  async refresh() {
    if (!headIsHere()) return;
    const { top, speaks, exact } = await ask("name");
    const [[first, probability], [second, other]] = [top[0], top[1] || []];
    if (moving() && performance.now() - listedAt < CALM) return;
    listedAt = performance.now();
    fillAnswers(part("answers"), top);
    part("speaks-title").textContent =
      `Filters of ${network.layers[network.layers.length - 1].title} that speak for “${className(first)}”`;
    part("speaks-words").textContent = exact
      ? "What each adds to the score of this class. The head is linear, so the score is exactly the sum over all maps of this layer and a constant."
      : "Gradient × activation, summed over the map: an estimate of what each adds to the score of this class.";
    if (!speaks.length) part("speaks-words").textContent = "None of them adds to its score.";
    fillCards(
      part("speaks"),
      speaks.map(({ layer, filter, contribution }) => [
        layerNamed(layer),
        filter,
        `adds ${figure(contribution)}`,
      ]),
    );
    const next = second === undefined ? "" : `, then “${className(second)}”, ${percent(other)}`;
    what(
      `Of ${network.classes.length.toLocaleString("en")} classes the network gives “${className(first)}” ${percent(probability)}${next}. It can only choose among the classes that it was trained on.`,
    );
  },
};

// The Field view: an input, or any layer before, with exactly the cells that feed an element. Holes stay holes; cells
// of padding that a window looks at are hatched, for they are no input.

const MOST_MARGIN = 1 / 3; // of the value's length; more padding than that is told, not drawn

class FieldView extends LayerView {
  choices() {
    return [this.targetPicker()];
  }

  head() {
    return [];
  }

  pane() {
    this.holder = div("side");
    this.drawnFor = null;
    this.refreshField();
    return this.holder;
  }

  refresh() {
    super.refresh();
    this.refreshField();
  }

  refreshField() {
    const { element, to } = this.page.state;
    if (!this.holder) return;
    if (!element) {
      this.holder.replaceChildren(div("note", "Point at an element of the output: what feeds it is drawn here."));
      this.drawnFor = null;
      return;
    }
    try {
      const answer = this.page.answers.sources(this.page.effective(element), to);
      this.drawAnswer(element, answer);
    } catch (error) {
      this.holder.replaceChildren(div("note", error.message));
      this.drawnFor = null;
    }
  }

  /** The blocks stay while the same values are looked at; only marks move. */
  drawAnswer(element, answer) {
    const key = [...answer.goals.values()].join();
    if (key !== this.drawnFor) {
      this.blocks = [...answer.goals].map(([name, number]) => this.blockOf(name, number));
      this.holder.replaceChildren(...this.blocks.flatMap((one) => one.parts));
      this.drawnFor = key;
    }
    for (const one of this.blocks) this.update(one, answer);
  }

  blockOf(name, number) {
    const { network, values } = this.page;
    const shape = network.shapeOf(number);
    const axes = network.axesOf(number);
    const one = { name, number, facts: div("field-facts") };
    one.block = new Block({
      ...drawnValue(this.page, number, shape), ...colourOf(values, number, shape, axes),
      shape, axes, label: `${name} ${shapeText(shape)}, with what feeds the element`,
      marksOf: () => this.marks(name),
      onFocus: (place) => this.page.say(`${name} ${namedPlace(place, axes)}${this.isIn(name, place) ? ", feeds it" : ", does not feed it"}`),
      onLeave: () => {},
      onPick: () => {},
    });
    one.legend = div("said legend");
    one.parts = [make("h3", {}, "What feeds it in ", code(name), span("shape", shapeText(shape))), planeStepper(one.block),
      one.block.element, one.legend, one.facts];
    return one;
  }

  update(one, answer) {
    const region = answer.regions.get(one.name);
    const field = this.fieldOf(one);
    const box = region.box;
    if (box && !one.block.isColour) {
      const plane = flatOf(one.block.lay.stack.map((axis) => box[axis][0]), one.block.sizes);
      const last = flatOf(one.block.lay.stack.map((axis) => box[axis][1]), one.block.sizes);
      const isSeen = one.block.shown && one.block.first <= last && plane < one.block.first + one.block.shown;
      if (!isSeen) one.block.plane = plane;
    }
    one.block.margin = marginOf(one.block, field, this.page.network.axesOf(one.number));
    one.block.draw();
    one.legend.textContent = region.isEmpty ? "" : `Framed: feeds it. Faded: does not.${one.block.margin.flat().some(Boolean) ? " Hatched: padding, no input." : ""}`;
    one.facts.replaceChildren(fieldFacts(region, field, answer, this.page.network.axesOf(one.number)));
  }

  fieldOf(one) {
    const { state, answers } = this.page;
    const element = this.page.effective(state.element);
    return answers.fieldIn(element, state.to, one.number);
  }

  isIn(name, place) {
    const { state, answers } = this.page;
    return answers.sources(this.page.effective(state.element), state.to).regions.get(name).has(place);
  }

  /** The sets of both pins, or of what is pointed at. */
  marks(name) {
    const { pins, hover, to } = this.page.state;
    const shown = hover ? [[hover, "a"]] : pins.map((one, k) => [one, "ab"[k]]);
    return shown.flatMap(([element, kind]) => {
      try {
        const region = this.page.answers.sources(this.page.effective(element), to).regions.get(name);
        return region && !region.isEmpty ? [{ region, kind }] : [];
      } catch {
        return []; // the other pin lies before this value, or a size is unknown
      }
    });
  }

  /** Which value is looked at: the inputs, or a layer before. */
  targetPicker() {
    const { network, state } = this.page;
    const before = ancestorsOf(network, state.layer);
    const options = ["input", ...before.map((layer) => layer.path).filter((path) => path !== "input")];
    return make("label", { class: "target" }, "look at ", make("select", { on: { change: (event) => state.set({ to: event.target.value }) } },
      options.map((name) => make("option", { value: name, selected: name === state.to }, name === "input" && !network.byPath.has("input") ? "the input" : name))));
  }
}

/** The layers from which values lead to a layer, those nearest by first. */
const ancestorsOf = (network, layer) => {
  const found = new Set();
  const queue = [layer];
  while (queue.length) {
    for (const number of queue.pop().reads) {
      const before = network.writer.get(number);
      if (!found.has(before) && network.isKnown(number)) {
        found.add(before);
        queue.push(before);
      }
    }
  }
  return [...found].sort((a, b) => b.position - a.position);
};

/** A picture in colours, where the value is one: three channels, from 0 to 1 or from 0 to 255. */
const colourOf = (values, number, shape, axes) => {
  const channel = axes.indexOf("channels");
  if (channel < 0 || shape.length !== 3 || shape[channel] !== 3 || !values.has(number)) return {};
  let most = 0;
  let least = Infinity;
  const count = product(shape);
  for (let flat = 0; flat < count; flat += Math.max(1, Math.floor(count / 5000))) {
    const one = values.at(number, placeOf(flat, shape));
    most = Math.max(most, one);
    least = Math.min(least, one);
  }
  const [from, size] = least >= 0 && most <= 1 ? [0, 1] : least >= 0 && most <= 255 ? [0, 255] : [least, most - least || 1];
  const spatial = [0, 1, 2].filter((axis) => axis !== channel);
  const coloursAt = (r, c) =>
    [0, 1, 2].map((k) => {
      const place = [];
      [place[spatial[0]], place[spatial[1]], place[channel]] = [r, c, k];
      return Math.round(((values.at(number, place) - from) / size) * 255);
    });
  return { isColour: true, coloursAt, colourAt: (r, c) => `rgb(${coloursAt(r, c).join(" ")})` };
};

/** Cells of padding around a block, as many as the field looks at; no more than can be drawn. */
const marginOf = (block, field, axes) => {
  if (!field) return [[0, 0], [0, 0]];
  const spatial = spatialAxes(axes);
  return [block.lay.row, block.lay.column].map((axis) => {
    const k = spatial.indexOf(axis);
    return k < 0 || axis === null || block.isWrapped ? [0, 0] : field.padding[k].map((cells) => Math.min(cells, Math.ceil(block.shape[axis] * MOST_MARGIN)));
  });
};

const spatialAxes = (axes) => {
  const spatial = range(0, axes.length).filter((axis) => !["channels", "features"].includes(axes[axis]));
  return spatial.length ? spatial : range(0, axes.length);
};

const fieldFacts = (region, field, answer, axes) => {
  if (region.isEmpty) return facts([["feeds it", "nothing: its value is made of weights alone"]]);
  const names = spatialAxes(axes).map((axis) => axes[axis]);
  const pairs = (spans) => spans.map((one, k) => `${names[k]} ${spanText(one)}`).join(", ");
  const mark = answer.said.exact ? span("mark yes", "exact") : span("mark no", "at most");
  const rows = [["feeds it", span("number", plural(region.count, "element")), " ", mark, make("br"), span("number", boxText(region.box, axes))]];
  if (!answer.said.exact || answer.said.batch === "all") rows.push(["because", answer.said.reason]);
  if (field) {
    rows.push(["size", span("number", field.size.join(" × ")), span("faint", `  step ${field.stride.map(written).join(" × ")}`)]);
    rows.push(["without edges", span("number", pairs(field.unclipped))]);
    if (field.padding.flat().some(Boolean)) {
      rows.push(["padding", span("number", field.padding.map(([before, after], k) => `${names[k]} ${before} before, ${after} after`).join("; "))]);
    }
    if (field.holes.some(Boolean)) rows.push(["holes", `cells between are not seen along ${names.filter((_, k) => field.holes[k]).join(" and ")}`]);
  }
  return facts(rows);
};

// What the views of one layer share: a title, a pane of their own, and the layer's output as a grid beside it.
//
// Below: ribbon.js and grid.js draw the output; block.js draws values as planes.
// Above: order.js, field.js and weights.js each give the other pane.

const GRID_ROOM = 6;

class LayerView {
  constructor(page) {
    this.page = page;
    this.element = div("view");
  }

  /** Build anew: another layer, sample or data format. A sister gives `head` and `pane`, and may give `choices`. */
  build() {
    const { state, network } = this.page;
    const { number, layer } = state;
    this.grid = null;
    this.map = this.page.mapOf(layer);
    this.title = this.page.titleOf(layer, ...this.choices(layer));
    if (!network.isKnown(number)) {
      this.element.replaceChildren(this.title, ...this.head(layer), div("note", unknownNote(layer)));
      return;
    }
    this.ribbon = ribbonOf(network, number, this.map);
    this.grid = this.gridOf(layer);
    const output = div("side", make("h3", {}, this.outputWords(), span("shape", shapeText(network.shapeOf(number)))), this.grid.element);
    const pane = this.pane(layer);
    this.element.replaceChildren(this.title, ...this.head(layer), div(pane ? "pair" : "pair single", pane, output));
    this.grid.draw();
    this.reveal();
  }

  /** What can be chosen, beside the title. */
  choices() {
    return [];
  }

  outputWords() {
    return this.map ? "The output, in the order of its elements" : "The output, in row-major order";
  }

  gridOf(layer) {
    const { state, network, values } = this.page;
    const hasValues = values.has(this.map ? layer.reads[0] : state.number);
    const shape = network.shapeOf(state.number);
    const at = (r, c) => ({ number: state.number, place: this.ribbon.placeAt(r, c) });
    return new Grid({
      ...this.ribbon,
      label: `Output of ${layer.path}, ${hasValues ? "values" : "flat indices"}`,
      corner: hasValues ? "value" : "index",
      text: (r, c) => (hasValues ? brief(this.page.shownValue(at(r, c)), GRID_ROOM) : `${flatOf(this.ribbon.placeAt(r, c), shape)}`),
      classOf: (r, c) => this.classOf(at(r, c)),
      onFocus: (r, c) => this.page.hover(at(r, c)),
      onLeave: () => this.page.hover(null),
      onPick: (r, c) => state.pin(at(r, c)),
    });
  }

  classOf(here) {
    const { pins, hover } = this.page.state;
    return [isSameElement(pins[0], here) && "a", isSameElement(pins[1], here) && "b", isSameElement(hover, here) && "hover"]
      .filter(Boolean).join(" ");
  }

  get pinsHere() {
    return this.page.state.pins.filter((one) => one.number === this.page.state.number);
  }

  /** Only the marks have moved. */
  refresh() {
    this.grid?.refresh();
  }

  /** Bring the latest pin into sight. */
  reveal() {
    const last = this.pinsHere.slice(-1)[0];
    if (last && this.grid) this.grid.centre(...this.ribbon.cellOf(last.place));
  }
}

const unknownNote = (layer) =>
  `The size of ${layer.path} is unknown, so its elements cannot be counted. Its rule holds for every size.`;

/** The rule of a layer that rearranges, both ways. */
const ruleBox = (map) =>
  map
    ? div("rules", div("rule", code(map.formula)), div("rule back", code(map.inverse)), div("said", map.order))
    : null;

/** A shade from 0 to 1 for a number, by the smallest and the largest of a value; of large ones a sample is asked. */
const shadeOf = (values, number, shape) => {
  let [least, most] = [Infinity, -Infinity];
  const count = product(shape);
  for (let flat = 0; flat < count; flat += Math.max(1, Math.floor(count / 20000))) {
    const one = values.at(number, placeOf(flat, shape));
    if (one < least) least = one;
    if (one > most) most = one;
  }
  return (one) => (most > least ? Math.min(Math.max((one - least) / (most - least), 0), 1) : 0) * 0.85;
};

/** What a block needs to draw a value that may or may not be here. */
const drawnValue = (page, number, shape) => {
  const { values } = page;
  if (!values.has(number)) return { text: (place) => String(flatOf(place, shape)), shade: null };
  const shade = shadeOf(values, number, shape);
  return { text: (place, room) => brief(values.at(number, place), room), shade: (place) => shade(values.at(number, place)) };
};

/** Buttons that show other planes of a block. */
const planeStepper = (block) => {
  const told = span("told");
  const step = (by) =>
    block.show(Math.min(Math.max(block.first + Math.floor(block.shown / 2) + by * block.shown, 0), block.planes - 1));
  const stepper = div("stepper", button("‹", { "aria-label": "Planes before" }, () => step(-1)),
    button("›", { "aria-label": "Planes behind" }, () => step(1)), told);
  block.onDraw = () => {
    const last = block.first + block.shown - 1;
    told.textContent = `${block.planeName(block.first)}${last > block.first ? ` to ${block.planeName(last)}` : ""} of ${block.planes}`;
    stepper.hidden = block.shown >= block.planes;
  };
  return stepper;
};

// The Order view: the source block beside the flat ribbon. What is pointed at in one is marked in the other.
//
// Below: block.js draws the source, ribbon.js and grid.js the output; answers.js says what holds what.

class OrderView {
  constructor(page) {
    this.page = page;
    this.element = div("view order");
  }

  /** Build anew: another layer, sample or data format. */
  build() {
    const { state, network } = this.page;
    const { number, layer } = state;
    this.ribbon = this.grid = this.block = null;
    const map = this.page.mapOf(layer);
    if (!network.isKnown(number)) {
      this.element.replaceChildren(...this.headOf(layer, map), div("note", unknownNote(layer)));
      return;
    }
    this.ribbon = ribbonOf(network, number, map);
    this.grid = this.gridOf(layer, map);
    const source = map ? this.sourceOf(layer, map) : null;
    this.element.replaceChildren(...this.headOf(layer, map), div(map ? "pair" : "pair single", source, div("side", 
      make("h3", {}, map ? "The output, in the order of its elements" : "The output, in row-major order",
        span("shape", shapeText(network.shapeOf(number)))), this.grid.element)));
    const [first] = this.pinsHere();
    if (first) requestAnimationFrame(() => this.grid.centre(...this.ribbon.cellOf(first.place)));
  }

  headOf(layer, map) {
    const rule = map
      ? [div("rule", code(map.formula)), div("rule back", code(map.inverse)), div("said", map.order)]
      : [div("said", "Row-major (C): the last axis changes fastest. This layer computes; it does not rearrange.")];
    return [this.page.titleOf(layer, this.page.formatSwitch(layer)), div("rules", ...rule)];
  }

  gridOf(layer, map) {
    const { state } = this.page;
    const values = this.page.values.has(layer.reads.length ? state.number : state.number);
    const text = (place) => (values ? written(this.page.valueOf(layer, state.number, place, map)) : `${this.flat(place)}`);
    const at = (r, c) => ({ number: state.number, place: this.ribbon.placeAt(r, c) });
    return new Grid({
      ...this.ribbon,
      label: `Output of ${layer.path}, ${values ? "values" : "flat indices"}`,
      corner: values ? "value" : "index",
      text: (r, c) => text(this.ribbon.placeAt(r, c)),
      classOf: (r, c) => this.classOf(this.ribbon.placeAt(r, c)),
      onFocus: (r, c) => this.page.hover(at(r, c)),
      onLeave: () => this.page.hover(null),
      onPick: (r, c) => state.pin(at(r, c)),
    });
  }

  flat(place) {
    return flatOf(place, this.page.network.shapeOf(this.page.state.number));
  }

  classOf(place) {
    const here = { number: this.page.state.number, place };
    const { pins, hover } = this.page.state;
    const marks = [isSameElement(pins[0], here) && "a", isSameElement(pins[1], here) && "b", isSameElement(hover, here) && "hover"];
    return marks.filter(Boolean).join(" ");
  }

  sourceOf(layer, map) {
    const { network, values, state } = this.page;
    const source = layer.reads[0];
    const isHere = values.has(source);
    const shape = map.in_shape;
    const range_ = isHere ? extentOf(values, source, shape) : null;
    this.block = new Block({
      shape, axes: map.axes, most: 12, plane: this.firstPlane(map),
      label: `Source: ${network.writer.get(source).path} ${shapeText(shape)}. Arrows move, PageUp and PageDown change the plane.`,
      valueAt: (place) => values.at(source, place),
      text: (place) => (isHere ? written(values.at(source, place)) : String(flatOf(place, shape))),
      shade: isHere ? (place) => range_(values.at(source, place)) : null,
      marksOf: () => this.marks(map),
      onFocus: (place) => this.page.hover({ number: state.number, place: mapToOutput(map, place) }),
      onLeave: () => this.page.hover(null),
      onPick: (place) => state.pin({ number: state.number, place: mapToOutput(map, place) }),
    });
    const stack = this.block.planes > 1 ? planeStepper(this.block) : null;
    return div("side", make("h3", {}, "The source, ", code(network.writer.get(source).path),
      span("shape", shapeText(shape))), stack, this.block.element);
  }

  firstPlane(map) {
    const [first] = this.pinsHere();
    if (!first) return 0;
    const lay = planeAxes(map.axes);
    const place = mapToInput(map, first.place);
    return flatOf(lay.stack.map((axis) => place[axis]), lay.stack.map((axis) => map.in_shape[axis]));
  }

  pinsHere() {
    return this.page.state.pins.filter((one) => one.number === this.page.state.number);
  }

  marks(map) {
    const { pins, hover, number } = this.page.state;
    const all = [[pins[0], "a"], [pins[1], "b"], [hover, "hover"]];
    return all.filter(([one]) => one?.number === number).map(([one, kind]) => ({ place: mapToInput(map, one.place), kind }));
  }

  /** Only the marks have moved. */
  refresh() {
    if (!this.grid) return;
    const { hover, number } = this.page.state;
    this.grid.refresh();
    if (!this.block) return;
    const shown = hover ?? this.pinsHere()[0];
    if (shown?.number === number) {
      const plane = this.block.planeOf(mapToInput(this.page.mapOf(this.page.state.layer), shown.place));
      if (plane < this.block.first || plane >= this.block.first + this.block.shown) this.block.plane = plane;
    }
    this.block.draw();
  }

  /** Bring a pinned element into sight. */
  reveal() {
    const [first] = this.pinsHere().slice(-1);
    if (first && this.grid) this.grid.centre(...this.ribbon.cellOf(first.place));
  }
}

const unknownNote = (layer) =>
  `The size of ${layer.path} is unknown, so its elements cannot be counted. The rule above holds for every size.`;

/** A shade from 0 to 1 for a number, by the smallest and the largest of a value. */
const extentOf = (values, number, shape) => {
  let [least, most] = [Infinity, -Infinity];
  const count = product(shape);
  const step = Math.max(1, Math.floor(count / 20000));
  for (let flat = 0; flat < count; flat += step) {
    const one = values.at(number, placeOf(flat, shape));
    if (one < least) least = one;
    if (one > most) most = one;
  }
  return (one) => (most > least ? (one - least) / (most - least) : 0) * 0.8;
};

/** Buttons that show other planes of a block. */
const planeStepper = (block) => {
  const step = (by) => {
    block.show(Math.min(Math.max(block.first + Math.floor(block.shown / 2) + by * Math.max(block.shown, 1), 0), block.planes - 1));
    tell();
  };
  const told = span("told");
  const tell = () => {
    const last = block.first + block.shown - 1;
    told.textContent = `${block.planeName(block.first)}${last > block.first ? ` to ${block.planeName(last)}` : ""}, of ${block.planes}`;
    stepper.hidden = block.shown >= block.planes;
  };
  const stepper = div("stepper", button("‹", { "aria-label": "Planes before" }, () => step(-1)),
    button("›", { "aria-label": "Planes behind" }, () => step(1)), told);
  const { draw } = block;
  block.draw = () => {
    draw.call(block);
    if (block.shown) tell();
  };
  return stepper;
};

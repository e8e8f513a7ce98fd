// The Order view: the source block beside the flat ribbon. What is pointed at in one is marked in the other.

class OrderView extends LayerView {
  choices(layer) {
    return [this.page.formatSwitch(layer)];
  }

  head(layer) {
    if (this.map) return [ruleBox(this.map)];
    return [div("rules", div("said", layer.is_input
      ? "An input: its elements lie in row-major order, the last axis fastest."
      : "This layer computes new values; its output lies in row-major order, the last axis fastest."))];
  }

  pane(layer) {
    this.block = this.map && this.sourceBlock(layer);
    if (!this.block) return null;
    const source = this.page.network.writer.get(layer.reads[0]);
    return div("side", make("h3", {}, "The source, ", code(source.path), span("shape", shapeText(this.map.in_shape))),
      planeStepper(this.block), this.block.element);
  }

  sourceBlock(layer) {
    const { network, state } = this.page;
    const { map } = this;
    const [source] = layer.reads;
    const element = (place) => ({ number: state.number, place: mapToOutput(map, place) });
    return new Block({
      ...drawnValue(this.page, source, map.in_shape),
      shape: map.in_shape, axes: map.axes, plane: 0,
      label: `Source: ${network.writer.get(source).path} ${shapeText(map.in_shape)}. Arrows move, PageUp and PageDown change the plane.`,
      marksOf: () => this.marks(),
      onFocus: (place) => this.page.hover(element(place)),
      onLeave: () => this.page.hover(null),
      onPick: (place) => state.pin(element(place)),
    });
  }

  marks() {
    const { pins, hover, number } = this.page.state;
    return [[pins[0], "a"], [pins[1], "b"], [hover, "hover"]]
      .filter(([one]) => one?.number === number)
      .map(([one, kind]) => ({ place: mapToInput(this.map, one.place), kind }));
  }

  refresh() {
    super.refresh();
    if (!this.block) return;
    this.follow(this.page.state.hover ?? this.pinsHere[0]);
    this.block.draw();
  }

  reveal() {
    super.reveal();
    if (this.block) this.follow(this.pinsHere.slice(-1)[0]);
  }

  /** Show the plane in which an element lies. */
  follow(element) {
    if (element?.number !== this.page.state.number) return;
    const plane = this.block.planeOf(mapToInput(this.map, element.place));
    if (!this.block.shown || plane < this.block.first || plane >= this.block.first + this.block.shown) this.block.plane = plane;
  }
}

// The Proof view: the rule with its numbers put in, the index at every step back to the input, and the Python that
// gives the same.

class ProofView {
  constructor(page) {
    this.page = page;
    this.element = div("view proof");
  }

  build() {
    const { state } = this.page;
    const { layer } = state;
    const element = state.element?.number === state.number || state.hover ? state.element : state.pins[0] ?? null;
    const map = this.page.mapOf(layer);
    this.element.replaceChildren(this.page.titleOf(layer), ...(map ? [ruleBox(map)] : []),
      ...(element ? this.about(element) : [div("note", "Pin an element in another view, or search for one: its proof stands here.")]));
  }

  refresh() {
    this.build();
  }

  about(element) {
    const { network } = this.page;
    const layer = network.writer.get(element.number);
    const map = this.page.mapOf(layer);
    return [
      make("h3", {}, "For ", code(addressText(network, element))),
      map ? this.arithmetic(map, element, network.shapeOf(element.number)) : null,
      ...this.steps(element),
      make("h3", {}, "The same in Python"),
      make("pre", { class: "python" }, this.python(element, layer).join("\n")),
    ].filter(Boolean);
  }

  /** The inverse rule with the numbers put in: `w = 5 // 4 % 2 = 1`. */
  arithmetic(map, element, shape) {
    const place = mapToInput(map, element.place);
    const letters = lettersOf(map.axes);
    if (map.moved) {
      return div("arithmetic", code(`in[${letters.join(", ")}] = in[${place.join(", ")}]`));
    }
    const flat = flatOf(element.place, shape);
    const sizes = map.read.map((axis) => map.in_shape[axis]);
    const lines = map.read.map((axis, k) => {
      const step = product(sizes.slice(k + 1));
      const wrap = k ? ` % ${sizes[k]}` : "";
      return `${letters[axis]} = ${flat}${step > 1 ? ` // ${step}` : ""}${wrap} = ${place[axis]}`;
    });
    const forth = map.read.map((axis, k) => [place[axis], product(sizes.slice(k + 1))])
      .map(([i, step]) => (step > 1 ? `${i}·${step}` : `${i}`)).join(" + ");
    return make("pre", { class: "arithmetic" }, [...lines, `and back: ${forth} = ${flat}`].join("\n"));
  }

  steps(element) {
    const { network, answers, state } = this.page;
    let answer;
    try {
      answer = answers.sources(this.page.effective(element), state.to);
    } catch (error) {
      return [div("note", error.message)];
    }
    const met = network.layers.slice().reverse().flatMap((layer) =>
      layer.writes.filter((number) => answer.walk.regions.get(number) && !answer.walk.regions.get(number).isEmpty)
        .map((number) => [layer, number, answer.walk.regions.get(number)]));
    const rows = met.map(([layer, number, region]) => [
      code(layer.path), span("kind", layer.kind), span("number", shapeText(network.shapeOf(number))),
      span("number", region.count === 1 ? namedPlace(region.hull.map(([i]) => i), network.axesOf(number)) : boxText(region.box, network.axesOf(number))),
      span("number right", counted(region.count)), answer.walk.opaque.includes(layer.path) ? span("mark no", "taken whole") : "",
    ]);
    return [make("h3", {}, "Step by step, back to where it comes from"),
      table(["layer", "", "shape", "elements", "count", ""], rows, "steps"),
      div("said", answer.said.exact ? "Exact: " : "At most: ", `${answer.said.reason}.`)];
  }

  python(element, layer) {
    const { state, network, answers } = this.page;
    const output = layer.writes.indexOf(element.number);
    const at = output
      ? `(${quoted(layer.path)}, (${element.place.join(", ")},), ${output})`
      : quoted(addressText(network, element));
    const to = state.to === "input" ? "" : `, to=${quoted(state.to)}`;
    const lines = ["import pellucid", "", `t = pellucid.trace(model${this.page.data.samples ? ", x" : ""})`];
    if (layer.map && !this.page.isOther(layer)) {
      const i = element.place.length === 1 ? element.place[0] : `(${element.place.join(", ")})`;
      lines.push(`t[${quoted(layer.path)}].index_map().to_input(${i})  # (${mapToInput(layer.map, element.place).join(", ")}${layer.map.in_shape.length === 1 ? "," : ""})`);
    }
    try {
      const { regions } = answers.sources(element, state.to);
      const [region] = regions.values();
      lines.push(regions.size > 1 ? `t.sources(${at}).by_input` : `t.sources(${at}${to}).count  # ${region.count}`);
    } catch {
      return lines; // a size is unknown: nothing to count
    }
    if (!layer.is_input) lines.push(`t.receptive_field(${at}${to})`);
    lines.push(`t.weights(${at})`);
    if (onlySum(layer) && this.page.data.samples) lines.push(`t.decompose(${at})`);
    return [...lines, `pellucid.explain(t, at=${at}${to}).to_html("page.html")`];
  }
}

/** A string as Python reads it. */
const quoted = (text) => JSON.stringify(text);

// The Weights view: the weights that an element meets where it is read, and the products whose sum it is.

const MOST_BARS = 32;
const TERMS = 12;
const FEW_TERMS = 5;

class WeightsView extends LayerView {
  head() {
    return [];
  }

  pane() {
    this.holder = div("side");
    this.fillIn();
    return this.holder;
  }

  refresh() {
    super.refresh();
    this.fillIn();
  }

  fillIn() {
    const { element } = this.page.state;
    if (!element || !this.page.network.isKnown(element.number)) {
      this.holder.replaceChildren(div("note", "Point at an element of the output: the weights that it meets, and those that made it, are shown here."));
      return;
    }
    this.holder.replaceChildren(...this.madeOf(element), ...this.met(element));
  }

  madeOf(element) {
    const { network, answers } = this.page;
    const layer = network.writer.get(element.number);
    const own = answers.weights(element)?.own ?? [];
    if (!own.length) return [];
    const title = make("h3", {}, "Made by ", own.map((one, k) => [k ? " and " : "", code(meetingText(one))]).flat());
    const made = answers.decomposition(element, TERMS);
    const parts = Object.entries(answers.parts(element, FEW_TERMS));
    if (parts.length) return [title, ...parts.map(([name, one]) => this.part(layer, name, one))];
    return [title, made ? div("sum", this.terms(layer, made), this.total(layer, made)) : div("note small", this.missing(element))];
  }

  missing(element) {
    const address = addressText(this.page.network, element);
    return this.page.values.samples
      ? `The numbers of this unit are not in this page. To have them: explain(model, at="${address}", x=x).to_html("page.html").`
      : "The model was not run, so there are no values to multiply.";
  }

  /** One of several sums, such as that of a gate. */
  part(layer, name, made) {
    return div("sum", div("said", `The sum of “${name}”`), this.terms(layer, made), facts([this.summed(made)]));
  }

  /** The products, largest first, as bars that add up to the number. */
  terms(layer, made) {
    const source = this.page.network.writer.get(layer.reads[0]);
    const largest = Math.max(...made.terms.map((term) => Math.abs(term.value)), Math.abs(made.bias), 1e-30);
    const rows = made.terms.map((term) => [
      code(`${term.reads === "input" ? source.path : term.reads}[${term.place}]`), num(term.x), num(term.w), num(term.value), bar(term.value, largest),
    ]);
    const others = made.count - made.terms.length;
    if (others > 0) rows.push([`${counted(others)} more products`, "", "", num(made.rest), bar(made.rest, largest)]);
    rows.push(["bias", "", "", num(made.bias), bar(made.bias, largest)]);
    return table(["reads", "x", "w", "x · w", ""], rows, "terms");
  }

  total(layer, made) {
    const { activation } = layer;
    return facts([this.summed(made), activation && [activation, span("number strong", written(made.output))]]);
  }

  summed(made) {
    const check = made.recorded === null ? null
      : span("faint", ` the layer itself gives ${written(made.recorded)}, ${written(made.residual)} apart`);
    return ["sum", span("number strong", written(made.total)), check];
  }

  met(element) {
    const met = this.page.answers.weights(element);
    if (met === null) return [div("note small", "Which row it reads, only its value can tell, and that is not in this page.")];
    const untold = met.untold.map((path) => div("note small", code(path), " weighs it too, in a way that is not told here."));
    if (!met.meetings.length && !met.untold.length) return [div("note small", "No layer with weights reads this element.")];
    return [...met.meetings.flatMap((one) => this.meeting(element, one)), ...untold];
  }

  meeting(element, one) {
    const layer = this.page.network.byPath.get(one.layer);
    const title = make("h3", {}, "Meets ", code(meetingText(one)), span("shape", plural(one.count, "weight")));
    return [title, this.strip(layer, one, this.page.shownValue(element)) ?? div("note small", "These weights are not in this page; where they lie is.")];
  }

  /** The weights met, with the product that each gives; of many a profile, and the largest. */
  strip(layer, one, x) {
    const entries = [...combinations(one.index.map((part) => (Array.isArray(part) ? range(...part) : [part])))];
    const weights = entries.map((index) => this.page.values.weight(layer, one.weight, index));
    if (weights.includes(null)) return null;
    const largest = weights.reduce((most, w) => Math.max(most, Math.abs(w)), 1e-30);
    const isLong = weights.length > MOST_BARS;
    const order = range(0, weights.length).sort((a, b) => Math.abs(weights[b]) - Math.abs(weights[a]));
    const shown = isLong ? order.slice(0, TERMS) : range(0, weights.length);
    const rows = shown.map((k) => [code(`[${entries[k].join(", ")}]`), num(weights[k]), bar(weights[k], largest), x === null ? "" : num(weights[k] * x)]);
    return div("sum", isLong ? profile(weights, largest) : null,
      isLong ? div("said", `All ${counted(weights.length)} in order; below, the ${TERMS} largest.`) : null,
      table(["entry", "w", "", x === null ? "" : "x · w"], rows, "terms"));
  }
}

/** Many numbers as one line of upright bars: blue upwards for those above 0, orange downwards for those below. */
const profile = (numbers, largest) => {
  const [wide, high] = [Math.min(numbers.length, 400), 72];
  const columns = range(0, wide).map((k) => numbers.slice(Math.floor((k * numbers.length) / wide), Math.floor(((k + 1) * numbers.length) / wide)));
  const path = (end) => columns.map((some, k) => `M${k + 0.5} ${high / 2}V${high / 2 - (end(some) / largest) * (high / 2 - 1)}`).join("");
  return drawn("svg", { class: "profile", viewBox: `0 0 ${wide} ${high}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `${numbers.length} weights in order` },
    drawn("path", { class: "above", d: path((some) => Math.max(...some, 0)) }),
    drawn("path", { class: "below", d: path((some) => Math.min(...some, 0)) }));
};

const num = (value) => span("number right", value === null ? "not here" : written(value));

/** A bar to the right for what adds, to the left and hatched for what takes away. */
const bar = (value, largest) => {
  const share = Math.abs(value) / largest;
  return make("span", { class: `bar ${value < 0 ? "minus" : "plus"}`, "aria-hidden": "true" },
    sized(span("fill"), { width: `${Math.max(share * 50, value ? 0.5 : 0)}%` }));
};

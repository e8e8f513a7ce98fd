// The inspector: what is known of one element, or of two beside each other.
//
// Below: answers.js.  Above: page.js shows it beside every view.

class Inspector {
  constructor(page) {
    this.page = page;
    this.element = make("aside", { class: "inspector", "aria-label": "Element" });
  }

  refresh() {
    const { pins, hover } = this.page.state;
    if (pins.length === 2 && !hover) {
      this.element.replaceChildren(this.card(pins[0], "a"), this.card(pins[1], "b"), this.comparison(...pins));
      return;
    }
    const shown = hover ?? pins[0];
    if (!shown) {
      this.element.replaceChildren(div("card empty", make("p", {}, "Point at a cell, or move to it with the arrow keys: its source, what it sees and the weights it meets stand here."),
        make("p", {}, "Click or Enter pins it; a second pin compares.")));
      return;
    }
    const kind = pins.findIndex((one) => isSameElement(one, shown));
    const others = hover && pins.length && kind < 0 ? [this.pinLine(pins)] : [];
    this.element.replaceChildren(this.card(shown, ["a", "b"][kind] ?? "hover"), ...others);
  }

  pinLine(pins) {
    return div("pinned", pins.map((one, k) => make("div", {}, pinBadge("ab"[k]), code(addressText(this.page.network, one)))));
  }

  card(element, kind) {
    const { network, answers } = this.page;
    const layer = network.writer.get(element.number);
    const value = this.page.shownValue(element);
    const unpin = kind === "hover" ? null
      : button("×", { class: "unpin", "aria-label": `Take pin ${kind.toUpperCase()} off` }, () => this.page.state.pin(element));
    const head = div("address", kind === "hover" ? null : pinBadge(kind), code(addressText(network, element)), unpin);
    const rows = network.isKnown(element.number) ? this.rows(layer, element) : [];
    return div(`card ${kind}`, head, value === null ? null : div("value", written(value)), facts(rows));
  }

  rows(layer, element) {
    const { network } = this.page;
    const map = this.page.mapOf(layer);
    const origin = map ? mapToInput(map, element.place) : null;
    const isOther = this.page.isOther(layer);
    return [
      this.placeRow(layer, element),
      this.memoryRow(element),
      origin && [isOther ? "would hold" : "holds", code(network.writer.get(layer.reads[0]).path), " ", span("number", namedPlace(origin, map.axes))],
      ...this.fromRows(this.page.effective(element)),
      this.meetsRow(element),
      this.madeRow(element),
    ];
  }

  placeRow(layer, element) {
    const shape = this.page.network.shapeOf(element.number);
    const flat = flatOf(element.place, shape);
    const place = shape.length > 1 ? `${namedPlace(element.place, this.page.network.axesOf(element.number))} · ` : "";
    return ["place", span("number", `${place}flat ${flat}`), span("faint", ` of ${counted(product(shape))}`)];
  }

  /** Where it lies in memory, where that is another place than in row-major order. */
  memoryRow(element) {
    const lies = this.page.answers.memory(element);
    if (!lies || lies.row_major === lies.storage) return null;
    return ["memory", span("number", `${lies.storage}`), span("faint", ` in storage, a view with strides (${lies.strides.join(", ")})`)];
  }

  fromRows(element) {
    let answer;
    try {
      answer = this.page.answers.sources(element, this.page.state.to);
    } catch (error) {
      return [["from", error.message]];
    }
    return [...answer.regions]
      .filter(([name, region]) => region.count !== 1 || !this.isHeld(element, answer.goals.get(name)))
      .map(([name, region]) => ["from", ...this.fromWords(name, region, answer)]);
  }

  /** Whether the element is handed on from this very value, so that what it holds has said where it comes from. */
  isHeld(element, goal) {
    const layer = this.page.network.writer.get(element.number);
    return goal === element.number || (Boolean(layer.map) && layer.reads[0] === goal);
  }

  fromWords(name, region, answer) {
    const { network } = this.page;
    const goal = answer.goals.get(name);
    if (region.isEmpty) return [code(name), ": nothing; its value is made of weights alone"];
    const mark = answer.said.exact ? span("mark yes", "exact") : make("span", { class: "mark no", title: answer.said.reason }, "at most");
    const batch = answer.said.batch === "all" ? [" ", span("mark no", "all samples")] : [];
    return [code(name), " ", span("number", boxText(region.box, network.axesOf(goal))),
      make("br"), span("number", plural(region.count, "element")), " ", mark, ...batch];
  }

  meetsRow(element) {
    const met = this.page.answers.weights(element);
    if (met === null) return ["meets", "the row that its value names; the page does not have that value"];
    const untold = met.untold.map((path) => make("div", {}, code(path), span("faint", " weighs it in a way that is not told")));
    const lines = met.meetings.map((one) => make("div", {}, code(meetingText(one)), span("faint", ` ${plural(one.count, "weight")}`)));
    return lines.length + untold.length ? ["meets", ...lines, ...untold] : null;
  }

  madeRow(element) {
    const met = this.page.answers.weights(element);
    if (!met?.own.length) return null;
    return ["made by", ...met.own.map((one) => make("div", {}, code(meetingText(one)), span("faint", ` ${plural(one.count, "weight")}`)))];
  }

  comparison(a, b) {
    const { answers, state, network } = this.page;
    const rows = [];
    const [va, vb] = [a, b].map((one) => this.page.shownValue(one));
    if (va !== null && vb !== null) rows.push(["difference", span("number", written(vb - va))]);
    if (a.number === b.number) {
      const shape = network.shapeOf(a.number);
      rows.push(["apart", span("number", plural(Math.abs(flatOf(b.place, shape) - flatOf(a.place, shape)), "place")), " in row-major order"]);
    }
    try {
      const [fa, fb] = [a, b].map((one) => answers.sources(this.page.effective(one), state.to).regions);
      for (const [name, region] of fa) rows.push(["share", code(name), " ", span("number", plural(sharedCount(region, fb.get(name)), "element"))]);
    } catch {
      rows.push(["share", "unknown: a size is unknown"]);
    }
    return div("card both", div("address", "A and B"), facts(rows));
  }
}

const pinBadge = (kind) => make("span", { class: `pin ${kind}`, title: `Pin ${kind.toUpperCase()}` }, kind.toUpperCase());

/** How many places two sets share. */
const sharedCount = (a, b) => {
  if (!b || a.isEmpty || b.isEmpty) return 0;
  const [one, other] = [a.axes, b.axes];
  if (one && other) return product(one.map((indices, axis) => indices.filter((i) => other[axis].includes(i)).length));
  const [left, right] = [a.asMask(), b.asMask()];
  return left.reduce((sum, bit, k) => sum + (bit & right[k]), 0);
};

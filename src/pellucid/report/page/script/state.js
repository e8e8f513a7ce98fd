// State: what is shown, kept in the address bar's hash so that a view can be sent to somebody else.
//
// Kept true: a hash that means nothing is passed over, piece by piece; the page then shows what it began with.

const VIEWS = ["map", "order", "field", "weights", "proof"];

class State {
  /** `pins` holds up to two elements; `hover` the one under the pointer or the keyboard's cursor. */
  constructor(network, data) {
    this.network = network;
    this.start = data;
    this.listeners = [];
    this.read("");
  }

  get element() {
    return this.hover ?? this.pins[0] ?? null;
  }

  get layer() {
    return this.network.writer.get(this.number);
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  /** Change some of it, tell all views, and write it down. */
  set(changes) {
    Object.assign(this, changes);
    if (Object.keys(changes).some((name) => name !== "hover")) this.write();
    for (const listener of this.listeners) listener(changes);
  }

  /** A click: the first pin, then a second one to compare; on a pinned element, its pin goes. */
  pin(element) {
    const others = this.pins.filter((one) => !isSameElement(one, element));
    const pins = others.length < this.pins.length ? others : [...others.slice(0, 1), element];
    this.set({ pins, hover: null });
  }

  read(hash) {
    const said = new URLSearchParams(hash.replace(/^#/, ""));
    const first = this.firstElement();
    this.number = (said.has("layer") ? this.network.numberOf(said.get("layer")) : null) ?? first.number;
    this.pins = said.has("pin")
      ? said.getAll("pin").map((text) => this.elementOf(text)).filter(Boolean).slice(0, 2)
      : first.place ? [first] : [];
    this.view = VIEWS.includes(said.get("view")) ? said.get("view") : this.firstView(said);
    this.sample = Math.min(Number.parseInt(said.get("sample") ?? "0", 10) || 0, Math.max(this.start.samples - 1, 0));
    this.other = said.get("format") === "other";
    this.to = this.network.numbers.has(said.get("to")) ? said.get("to") : this.start.to;
    this.hover = null;
  }

  write() {
    const said = new URLSearchParams({ view: this.view, layer: this.network.nameOf(this.number) });
    for (const one of this.pins) said.append("pin", `${this.network.nameOf(one.number)}[${one.place}]`);
    if (this.sample) said.set("sample", this.sample);
    if (this.other) said.set("format", "other");
    if (this.to !== "input") said.set("to", this.to);
    history.replaceState(null, "", `#${said}`);
  }

  /** The order of a layer where one is asked for, or where there is but one; else the map. */
  firstView(said) {
    return this.start.at || said.has("layer") || said.has("pin") || this.network.layers.length < 3 ? "order" : "map";
  }

  /** What the page was made for; else the last layer that rearranges, or the last of all. */
  firstElement() {
    const { at } = this.start;
    if (at) return { number: this.network.byPath.get(at.path).writes[at.output], place: at.place };
    const { layers } = this.network;
    const shown = layers.filter((layer) => layer.map && layer.map.out_shape.length === 1).pop() ?? layers[layers.length - 1];
    return { number: shown.writes[0], place: null };
  }

  elementOf(text) {
    const found = /^(.*)\[([\d,]*)\]$/s.exec(text);
    const number = found && this.network.numberOf(found[1]);
    if (number === null || !this.network.isKnown(number)) return null;
    const place = found[2].split(",").map(Number);
    const shape = this.network.shapeOf(number);
    return place.length === shape.length && isInside(place, shape) ? { number, place } : null;
  }
}

const isSameElement = (a, b) =>
  Boolean(a && b) && a.number === b.number && a.place.every((i, axis) => i === b.place[axis]);

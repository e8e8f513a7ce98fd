// Weighing: which weights an element meets in the layers that read it, and which make it; as Trace.weights.
//
// Below: products.js knows the products of one weight; the page's data name the weights (page/weighing.py).
// Kept true: an index is a list of whole numbers and of slices [first, stop, step], in Keras's shape.

const meetingOf = (layer, weight, index) => ({
  layer: layer.path,
  weight,
  index,
  count: product(index.map((part) => (Array.isArray(part) ? Math.ceil((part[1] - part[0]) / part[2]) : 1))),
});

const meetingText = ({ layer, weight, index }) => {
  const parts = index.map((part) =>
    Array.isArray(part) ? `${part[0]}:${part[1]}${part[2] === 1 ? "" : `:${part[2]}`}` : part);
  return `${layer}.${weight}[${parts.join(", ")}]`;
};

/** What an element meets that a layer reads as its input number k; null where only a value that is missing tells. */
const metBy = (layer, k, place, values) => {
  if (layer.rows) {
    const row = values.at(layer.reads[0], place);
    return row === null ? null : [meetingOf(layer, "embeddings", [row, [0, layer.rows, 1]])];
  }
  return (layer.sums ?? [])
    .filter((one) => one.reads === k)
    .map((one) => [one, PRODUCTS[one.products.is].metBy(one.products, place)])
    .filter(([, index]) => index)
    .map(([one, index]) => meetingOf(layer, one.weight, index));
};

/** The weights that make an element of a layer's output number k. */
const ownOf = (layer, k, place, values) => {
  if (layer.rows) {
    const row = values.at(layer.reads[0], place.slice(0, -1));
    return row === null ? [] : [meetingOf(layer, "embeddings", [row, place[place.length - 1]])];
  }
  return [...(layer.sums ?? []), ...(layer.offsets ?? [])]
    .map((one) => [one, ownIndex(one, k, place)])
    .filter(([, index]) => index)
    .map(([one, index]) => meetingOf(layer, one.weight, index));
};

/** Which entries of a weight make an element; null if none does. */
const ownIndex = (one, k, place) => {
  const own = one.own[k];
  if (!own) return null;
  if (own.is === "products") return PRODUCTS[one.products.is].ownOf(one.products, place);
  return place.some((i, axis) => own.none[axis].includes(i)) ? null : own.parts.map((part) => ownPart(part, place));
};

const ownPart = (part, place) => {
  if ("always" in part) return part.always;
  const i = place[part.axis];
  if (part.values) return part.values[i];
  return Array.isArray(part.first) ? part.first.map((one, k) => one + i * part.step[k]) : part.first + i * part.step[0];
};

/** The layers that do something with an element, as which of their inputs they read it, and its place; layers that only hand it on are passed.
 * null stands for one of these whose sizes are unknown. */
const readersOfElement = (network, number, place) =>
  network.layers.flatMap((layer) =>
    layer.reads.flatMap((read, k) => {
      if (read !== number) return [];
      if (!layer.passes_on) return [[layer, k, place]];
      if (!network.isKnown(number) || !network.isKnown(layer.writes[0])) return [null];
      return readersOfElement(network, layer.writes[0], handedOn(network, layer, place));
    }));

const handedOn = (network, layer, place) => {
  const [link] = layer.links;
  if (link.is === "Follow") return link.axes.reduce((at, [, axis], k) => ((at[axis] = place[k]), at), []);
  if (link.is === "Same") return place;
  const shape = network.shapeOf(layer.reads[0]);
  const order = link.order ?? shape.map((_, axis) => axis);
  const flat = flatOf(order.map((axis) => place[axis]), order.map((axis) => shape[axis]));
  return placeOf(flat, network.shapeOf(layer.writes[0]));
};

/** As Meetings.to_dict gives it; null where only values that the page lacks can tell, or sizes that are unknown. */
const meetingsOf = (network, values, number, place) => {
  const readers = readersOfElement(network, number, place);
  if (readers.includes(null)) return null;
  const met = readers.map(([layer, k, there]) => metBy(layer, k, there, values));
  if (met.includes(null)) return null;
  const writer = network.writer.get(number);
  return {
    meetings: met.flat(),
    own: ownOf(writer, writer.writes.indexOf(number), place, values),
    untold: [...new Set(readers.filter(([layer]) => layer.is_untold).map(([layer]) => layer.path))],
  };
};

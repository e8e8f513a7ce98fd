// Kernels: which weights an element meets in the layers that read it, and which make it; as Trace.weights.
//
// Below: rules.js says how windows lie; the page's data describe each kernel, axis by axis (xray/kernels.py).
// Kept true: an index is a list of whole numbers and of slices [first, stop, step], in Keras's shape.

const splitPlace = (kernel, place) => {
  const at = kernel.channels_axis < 0 ? place.length - 1 : kernel.channels_axis;
  return [place.filter((_, axis) => axis !== at), place[at]];
};

const joinedPlace = (kernel, spatial, channel) => {
  const at = kernel.channels_axis < 0 ? spatial.length : kernel.channels_axis;
  return [...spatial.slice(0, at), channel, ...spatial.slice(at)];
};

const hasKernelAxis = (axis) => axis.rule.is !== "Keep";

/** Where an input cell and a kernel cell meet; null where nowhere. */
const outputCell = ({ rule, n_in: nIn, n_out: nOut }, j, k) => {
  const at = k * rule.dilation;
  if (rule.is === "SlideBack") {
    const i = j * rule.stride + at - rule.crop;
    return i >= 0 && i < nOut ? i : null;
  }
  const from = j + paddingBefore(rule, nIn) - at;
  return from % rule.stride === 0 && from >= 0 && from / rule.stride < nOut ? from / rule.stride : null;
};

/** [input index, kernel index] of each product that an output index sums up. */
const cellsOfOutput = (axis, i) => {
  if (!hasKernelAxis(axis)) return [[i, 0]];
  const cells = range(0, axis.rule.size);
  const near = sourcesOf(axis.rule, i, axis.n_in, axis.n_out);
  return near.flatMap((j) => cells.filter((k) => outputCell(axis, j, k) === i).map((k) => [j, k]));
};

const cellsOfInput = (axis, j) => range(0, axis.rule.size).filter((k) => outputCell(axis, j, k) !== null);

/** [input channel, the last two kernel indices] of each product that an output channel sums up. */
const channelsOfOutput = ({ kind, n_in: nIn, n_out: nOut, groups }, u) => {
  if (kind === "apart") {
    const multiplier = nOut / nIn;
    const c = Math.floor(u / multiplier);
    return [[c, [c, u % multiplier]]];
  }
  if (kind === "back") return range(0, nIn).map((c) => [c, [u, c]]);
  const size = nIn / groups;
  const first = Math.floor(u / (nOut / groups)) * size;
  return range(0, size).map((a) => [first + a, [a, u]]);
};

/** The kernel entries that an input channel meets, as the last two parts of an index. */
const channelsOfInput = ({ kind, n_in: nIn, n_out: nOut, groups }, c) => {
  if (kind === "apart") return [c, [0, nOut / nIn, 1]];
  if (kind === "back") return [[0, nOut, 1], c];
  const size = nOut / groups;
  const group = Math.floor(c / (nIn / groups));
  return [c % (nIn / groups), [group * size, (group + 1) * size, 1]];
};

/** Indices with even steps as one part of an index. */
const indexPart = (indices) =>
  indices.length === 1
    ? indices[0]
    : [indices[0], indices[indices.length - 1] + 1, indices[1] - indices[0]];

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

/** What an element that a layer reads meets there. */
const metBy = (layer, place, values) => {
  if (layer.rows) {
    const row = values.at(layer.reads[0], place);
    return row === null ? null : [meetingOf(layer, "embeddings", [row, [0, layer.rows, 1]])];
  }
  const { kernel } = layer;
  if (!kernel) return [];
  const [spatial, channel] = splitPlace(kernel, place);
  const cells = kernel.spatial.map((axis, k) => hasKernelAxis(axis) && cellsOfInput(axis, spatial[k])).filter(Boolean);
  if (!cells.every((one) => one.length)) return [];
  return [meetingOf(layer, kernel.name, [...cells.map(indexPart), ...channelsOfInput(kernel.channels, channel)])];
};

/** The weights whose products and sums make a unit. */
const ownOf = (layer, place, values) => {
  if (layer.rows) {
    const row = values.at(layer.reads[0], place.slice(0, -1));
    return row === null ? [] : [meetingOf(layer, "embeddings", [row, place[place.length - 1]])];
  }
  const { kernel } = layer;
  if (!kernel) return [];
  const [spatial, channel] = splitPlace(kernel, place);
  const cells = kernel.spatial
    .map((axis, k) => hasKernelAxis(axis) && sortedSet(cellsOfOutput(axis, spatial[k]).map(([, cell]) => cell)))
    .filter(Boolean);
  const entries = channelsOfOutput(kernel.channels, channel).map(([, entry]) => entry);
  const last = [0, 1].map((part) => indexPart(sortedSet(entries.map((entry) => entry[part]))));
  const own = cells.every((one) => one.length) ? [meetingOf(layer, kernel.name, [...cells.map(indexPart), ...last])] : [];
  return layer.has_bias ? [...own, meetingOf(layer, "bias", [channel])] : own;
};

/** The layers that do something with an element, and its place there; layers that only hand it on are passed. */
const readersOfElement = (network, number, place) =>
  network.readersOf(number).flatMap((layer) =>
    layer.passes_on
      ? readersOfElement(network, layer.writes[0], handedOn(network, layer, place))
      : [[layer, place]]);

const handedOn = (network, layer, place) => {
  const { link } = layer;
  if (link.is === "Follow") return link.axes.reduce((at, [, axis], k) => ((at[axis] = place[k]), at), []);
  if (link.is === "Same") return place;
  const shape = network.shapeOf(layer.reads[0]);
  const order = link.order ?? shape.map((_, axis) => axis);
  const flat = flatOf(order.map((axis) => place[axis]), order.map((axis) => shape[axis]));
  return placeOf(flat, network.shapeOf(layer.writes[0]));
};

/** As Meetings.to_dict gives it; null where only values that the page lacks can tell. */
const meetingsOf = (network, values, number, place) => {
  const readers = readersOfElement(network, number, place);
  const met = readers.map(([layer, there]) => metBy(layer, there, values));
  if (met.includes(null)) return null;
  const writer = network.writer.get(number);
  return {
    meetings: met.flat(),
    own: writer.reads.length ? ownOf(writer, place, values) : [],
    untold: readers.filter(([layer]) => layer.is_untold).map(([layer]) => layer.path),
  };
};

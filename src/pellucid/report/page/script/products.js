// Products: which weight multiplies which input element into which output element, of kernels, of products written with
// letters, and of both at each step; the same as pellucid's xray/kernels.py and xray/einsums.py.
//
// Below: rules.js says how windows lie.  Above: weighing.js answers with this.
// Kept true: one axis at a time. An index is a list of whole numbers and of slices [first, stop, step].

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
  indices.length === 1 ? indices[0] : [indices[0], indices[indices.length - 1] + 1, indices[1] - indices[0]];

const PRODUCTS = {
  Kernel: {
    metBy(kernel, place) {
      const [spatial, channel] = splitPlace(kernel, place);
      const cells = kernel.spatial.map((axis, k) => hasKernelAxis(axis) && cellsOfInput(axis, spatial[k])).filter(Boolean);
      return cells.every((one) => one.length) ? [...cells.map(indexPart), ...channelsOfInput(kernel.channels, channel)] : null;
    },
    ownOf(kernel, place) {
      const [spatial, channel] = splitPlace(kernel, place);
      const cells = kernel.spatial
        .map((axis, k) => hasKernelAxis(axis) && sortedSet(cellsOfOutput(axis, spatial[k]).map(([, cell]) => cell)))
        .filter(Boolean);
      const entries = channelsOfOutput(kernel.channels, channel).map(([, entry]) => entry);
      if (!entries.length || !cells.every((one) => one.length)) return null;
      return [...cells.map(indexPart), ...[0, 1].map((part) => indexPart(sortedSet(entries.map((entry) => entry[part]))))];
    },
    termsOf(kernel, place) {
      const [spatial, channel] = splitPlace(kernel, place);
      const around = [...combinations(kernel.spatial.map((axis, k) => cellsOfOutput(axis, spatial[k])))];
      const channels = channelsOfOutput(kernel.channels, channel);
      return around.flatMap((cells) => {
        const at = cells.map(([j]) => j);
        const window = cells.filter((_, k) => hasKernelAxis(kernel.spatial[k])).map(([, cell]) => cell);
        return channels.map(([c, entry]) => [joinedPlace(kernel, at, c), [...window, ...entry]]);
      });
    },
  },
  Einsum: {
    metBy: (einsum, place) => entriesOf(einsum, new Map(einsum.inputs.map((letter, k) => [letter, place[k]]))),
    ownOf: (einsum, place) => entriesOf(einsum, new Map(einsum.outputs.map((letter, k) => [letter, place[k]]))),
    termsOf(einsum, place) {
      const known = new Map(einsum.outputs.map((letter, k) => [letter, place[k]]));
      const free = Object.keys(einsum.sizes).filter((letter) => !known.has(letter));
      return [...combinations(free.map((letter) => range(0, einsum.sizes[letter])))].map((numbers) => {
        const all = new Map([...known, ...free.map((letter, k) => [letter, numbers[k]])]);
        const entry = einsum.kernel.map((letter, k) => (einsum.spread.includes(k) ? 0 : all.get(letter)));
        return [einsum.inputs.map((letter) => all.get(letter)), entry];
      });
    },
  },
  Steps: {
    metBy: ({ inner }, place) => PRODUCTS[inner.is].metBy(inner, place.slice(1)),
    ownOf: ({ inner }, place) => PRODUCTS[inner.is].ownOf(inner, place.slice(1)),
    termsOf: ({ inner }, [step, ...place]) =>
      PRODUCTS[inner.is].termsOf(inner, place).map(([read, entry]) => [[step, ...read], entry]),
  },
};

const entriesOf = (einsum, known) =>
  einsum.kernel.map((letter, k) =>
    einsum.spread.includes(k) ? 0 : known.has(letter) ? known.get(letter) : [0, einsum.sizes[letter], 1]);

/** The place read and the entry of each product summed up at a place. */
const termsOf = (products, place) => PRODUCTS[products.is].termsOf(products, place);

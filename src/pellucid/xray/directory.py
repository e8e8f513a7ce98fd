"""Directory: the values of a trace by address, their shapes, and the calls between two of them.

Below:  addresses.py reads what a user writes, sites.py has the calls.
Above:  trace.py asks for each question.
Kept true: a value has one number; shapes are those of the model until a run tells more.
"""

from __future__ import annotations

from pellucid.errors import ArgumentError, ShapeError, UnknownNameError
from pellucid.xray import addresses
from pellucid.xray.addresses import Address
from pellucid.xray.regions import Region
from pellucid.xray.sites import Site, Sites


class Directory:
    """The values of a model, by address and by number."""

    def __init__(self, found: Sites):
        self._found = found
        self._numbers = {site.path: list(site.writes) for site in found.sites} | found.groups
        self._at = {number: k for k, site in enumerate(found.sites) for number in site.writes}
        self._formats: dict[int, str | None] = {}
        self._readers: dict[int, list[Site]] = {number: [] for number in self._at}
        for site in found.sites:
            for number in dict.fromkeys(site.reads):
                self._readers[number].append(site)

    @property
    def sites(self) -> list[Site]:
        """All calls, in running order."""
        return self._found.sites

    @property
    def names(self) -> dict[str, list[int]]:
        """All paths, those of nested models too, and the numbers of the values that each gives."""
        return self._numbers

    @property
    def inputs(self) -> dict[str, int]:
        """Names of the inputs, and the numbers of their values."""
        return self._found.inputs

    @property
    def outputs(self) -> dict[str, int]:
        """Paths of the layers that give the outputs, and the numbers of those."""
        return {self._named(number): number for number in self._found.outputs}

    def _named(self, number: int) -> str:
        site = self.writer(number)
        k = site.writes.index(number)
        return f"{site.path}, output {k}" if k else site.path

    def __contains__(self, path) -> bool:
        return path in self._numbers

    def writer(self, number: int) -> Site:
        """The call that gives a value."""
        return self.sites[self._at[number]]

    def address(self, at) -> Address:
        """What an address means.

        Raises:
            UnknownNameError, ShapeError, ArgumentTypeError: no such address.
        """
        return addresses.resolve(at, self._numbers, lambda number: self._found.shapes[number][1:], self._told)

    def element(self, at) -> tuple[int, tuple[int, ...]]:
        """The value and the place in it that an address of one element means.

        Raises:
            ArgumentError: it names a whole layer.
        """
        address = self.address(at)
        if address.place is None:
            raise ArgumentError(
                "This asks for one element.", got=repr(at), expected="a layer and a flat index or place",
                fix=f'("{address.path}", 0)',
            )  # fmt: skip
        return address.number, address.place

    def start(self, at) -> tuple[int, Region]:
        """The value and the part of it that an address means: one element, or all of it."""
        address = self.address(at)
        shape = self.shape_of(address.number)
        if address.place is None:
            return address.number, Region.whole(shape)
        return address.number, Region.of(shape, tuple((i,) for i in address.place))

    def shape_of(self, number: int) -> tuple[int, ...]:
        """The shape of a value without its batch axis.

        Raises:
            ShapeError: a size is unknown.
        """
        shape = self._found.shapes[number][1:]
        if None in shape:
            raise ShapeError(
                f"The size of '{self.writer(number).path}' is unknown, so its elements cannot be counted.",
                got=(None, *shape),
                fix="trace(model, x), with values that tell it",
            )
        return shape

    def goals(self, to, word: str) -> dict[str, int]:
        """The values that `to` names; `word` ("input" or "output") stands for all of those.

        Raises:
            UnknownNameError: neither that word nor a path.
        """
        everywhere = self.inputs if word == "input" else self.outputs
        if to == word:
            return {to: everywhere[to]} if to in everywhere else everywhere
        if isinstance(to, str) and to in self._numbers:
            return {to: self._numbers[to][0]}
        if isinstance(to, (tuple, list)) and len(to) == 2 and to[0] in self._numbers and isinstance(to[1], int):
            number = addresses.output_of(to[0], to[1], self._numbers)
            return {self._named(number): number}
        path = addresses.resolve(to if isinstance(to, str) else str(to), self._numbers, self.shape_of, self._told)
        raise UnknownNameError("`to` names a whole layer.", got=repr(to), fix=repr(path.path))

    def between(self, goals: dict[str, int], number: int) -> list[Site]:
        """The calls that a walk back from a value to these may need."""
        first = min(self._at[goal] for goal in goals.values())
        return self.sites[first + 1 : self._at[number] + 1]

    def weight(self, name: str) -> tuple[str, str]:
        """A layer's path, and the weight's name behind it: ``"mid/conv/kernel"`` is ``("mid/conv", "kernel")``.

        Raises:
            UnknownNameError: no path that is known stands in front.
        """
        words = name.split("/")
        paths = {site.path for site in self.sites}
        for k in range(len(words) - 1, 0, -1):
            path = "/".join(words[:k])
            if path in paths:
                return path, "/".join(words[k:])
        addresses.resolve("/".join(words[:-1]) or name, self._numbers, self.shape_of, self._told)
        raise UnknownNameError("A layer and one of its weights are needed.", got=repr(name), fix=f'"{name}/kernel"')

    def data_format(self, number: int) -> str | None:
        """The data format in which the nearest layer that has one reads a value, or else gives it; None if none does.

        Layers in between are passed while the number of axes stays the same.
        """
        if number not in self._formats:
            self._formats[number] = self._format(number, ahead=True) or self._format(number, ahead=False)
        return self._formats[number]

    def _format(self, number: int, ahead: bool) -> str | None:
        rank, seen, waiting = len(self._found.shapes[number]), {number}, [number]
        for one in waiting:
            if len(self._found.shapes[one]) != rank:
                continue
            for site in self._readers[one] if ahead else [self.writer(one)]:
                said = getattr(site.layer, "data_format", None)
                if said is not None and {len(shape) for shape in site.input_shapes} == {rank}:
                    return said
                behind = site.writes if ahead else site.reads
                waiting += [after for after in behind if after not in seen]
                seen.update(behind)
        return None

    def take_shapes(self, real: dict[int, tuple]) -> None:
        """Sizes that only a run could tell; the batch stays as it was."""
        shapes = self._found.shapes
        for number, shape in real.items():
            shapes[number] = (shapes[number][0], *shape[1:]) if shapes[number] else shape
        for site in self.sites:
            site.take_shapes([shapes[number] for number in site.reads], [shapes[number] for number in site.writes])

    def _told(self, path: str) -> str:
        site = self.writer(self._numbers[path][0])
        shapes = ", ".join(map(str, site.input_shapes))
        return f"{path} ({site.kind}), {shapes + ' -> ' if shapes else ''}{tuple(site.output_shapes[0])}"

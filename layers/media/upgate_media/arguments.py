"""Arguments in pairs, `/name/value/name/value`, read strictly into numbers, flags and texts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from upgate import encoding
from upgate.errors import BadFopError

_INTEGER = re.compile(r"-?[0-9]{1,9}\Z", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?\Z", re.ASCII)
_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([kKmM]?)\Z", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})\Z", re.ASCII)
_RATIO = re.compile(r"([0-9]{1,5}):([0-9]{1,5})\Z", re.ASCII)
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000}
_SHOWN = 40  # characters of a client's own text in an answer


class Arguments:
    """The named arguments of one command; every getter gives None for one that is not there.

    Every getter raises BadFopError, which names the command and the parameter.
    """

    def __init__(self, command: str, values: Mapping[str, str]) -> None:
        self.command = command
        self._values = values

    @classmethod
    def parse(cls, command: str, pairs: Sequence[str], known: Collection[str]) -> Arguments:
        """Read name and value in turn.

        Raises:
            BadFopError: a name that is not known, or given twice, or without a value.
        """
        values: dict[str, str] = {}
        for name, value in zip(pairs[::2], pairs[1::2], strict=False):
            if name not in known:
                raise BadFopError(f"{command}: unknown parameter {name[:_SHOWN]}")
            if name in values:
                raise BadFopError(f"{command}: {name} is given twice")
            values[name] = value
        if len(pairs) % 2:
            name = pairs[-1]
            fault = "has no value" if name in known else "is not a parameter"
            raise BadFopError(f"{command}: {name[:_SHOWN]} {fault}")
        return cls(command, values)

    def over(self, defaults: Mapping[str, str]) -> Arguments:
        """These arguments, and a preset's where they say nothing."""
        return Arguments(self.command, {**defaults, **self._values})

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def refuse(self, name: str, demand: str) -> BadFopError:
        """The error for `name`: `demand` completes "<name> must be ..."."""
        return BadFopError(f"{self.command}: {name} must be {demand}")

    def allow_only(self, names: Collection[str], fault: str) -> None:
        """Refuse the first parameter that is not among `names`, with the fault to tell."""
        for name in self._values:
            if name not in names:
                raise BadFopError(f"{self.command}: {name} {fault}")

    def exclude(self, one: str, other: str) -> None:
        """Refuse two parameters that contradict one another."""
        if one in self._values and other in self._values:
            raise BadFopError(f"{self.command}: {one} and {other} exclude each other")

    def integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number from `low` to `high`."""
        text = self._values.get(name)
        if text is None:
            return None
        if not _INTEGER.match(text) or not low <= int(text) <= high:
            raise self.refuse(name, f"a whole number from {low} to {high}")
        return int(text)

    def decimal(self, name: str, low: float, high: float) -> float | None:
        """A number from `low` to `high`, without a sign and with at most six decimals."""
        text = self._values.get(name)
        if text is None:
            return None
        if not _DECIMAL.match(text) or not low <= float(text) <= high:
            raise self.refuse(name, f"a number from {low:g} to {high:g}")
        return float(text)

    def bit_rate(self, name: str, low: int, high: int) -> int | None:
        """Bits per second, written as `128000`, `128k` or `1.25m`."""
        text = self._values.get(name)
        if text is None:
            return None
        match = _RATE.match(text)
        rate = round(float(match[1]) * _FACTORS[match[2].lower()]) if match else -1
        if not low <= rate <= high:
            raise self.refuse(name, f"a rate from {low // 1000}k to {high // 1000}k")
        return rate

    def flag(self, name: str) -> bool | None:
        """0 or 1."""
        text = self._values.get(name)
        if text is None:
            return None
        if text not in ("0", "1"):
            raise self.refuse(name, "0 or 1")
        return text == "1"

    def choice(self, name: str, choices: Collection[str]) -> str | None:
        """One of the given words."""
        text = self._values.get(name)
        if text is not None and text not in choices:
            raise self.refuse(name, "one of " + ", ".join(choices))
        return text

    def size(self, name: str, names: Mapping[str, str], side: int) -> tuple[int, int] | None:
        """Width and height, as `640x480` or by one of `names`; each from 1 to `side`."""
        text = self._values.get(name)
        if text is None:
            return None
        match = _SIZE.match(names.get(text, text))
        sides = (int(match[1]), int(match[2])) if match else (0, 0)
        if not all(1 <= pixels <= side for pixels in sides):
            raise self.refuse(name, f"<width>x<height>, each from 1 to {side}")
        return sides

    def ratio(self, name: str) -> tuple[int, int] | None:
        """A ratio such as `16:9`, neither side 0."""
        text = self._values.get(name)
        if text is None:
            return None
        match = _RATIO.match(text)
        if not match or not int(match[1]) or not int(match[2]):
            raise self.refuse(name, "a ratio such as 16:9")
        return int(match[1]), int(match[2])

    def encoded(self, name: str, limit_bytes: int) -> bytes | None:
        """URL-safe base64 of 1 to `limit_bytes` bytes."""
        text = self._values.get(name)
        if text is None:
            return None
        try:
            data = encoding.decode(text)
        except ValueError as error:
            raise self.refuse(name, "URL-safe base64") from error
        if not 1 <= len(data) <= limit_bytes:
            raise self.refuse(name, f"the base64 of 1 to {limit_bytes} bytes")
        return data

    def text(self, name: str, limit_bytes: int) -> str | None:
        """URL-safe base64 of a UTF-8 text without control characters."""
        data = self.encoded(name, limit_bytes)
        if data is None:
            return None
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.refuse(name, "the base64 of a UTF-8 text") from error
        if not text.isprintable():
            raise self.refuse(name, "the base64 of a text without control characters")
        return text

    def url(self, name: str, limit_bytes: int) -> str | None:
        """URL-safe base64 of an http or https URL."""
        text = self.text(name, limit_bytes)
        if text is not None and not text.startswith(("http://", "https://")):
            raise self.refuse(name, "the base64 of an http or https URL")
        return text

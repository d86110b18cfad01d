"""What the image commands have beside pairs: arguments whose order counts, flags, colours."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from upgate.errors import BadFopError
from upgate_media.arguments import Arguments

Colour = tuple[int, int, int, int]  # red, green, blue, opacity: 0 to 255 each

_SHOWN = 40
_COLOUR_BYTES = 64


def in_order(
    command: str, args: Sequence[str], valued: Collection[str], flags: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Name and value of each argument as written; a flag has the value "". Raises BadFopError."""
    rest = iter(args)
    for name in rest:
        if name in flags:
            yield name, ""
        elif name in valued:
            value = next(rest, None)
            if value is None:
                raise BadFopError(f"{command}: {name} has no value")
            yield name, value
        else:
            raise BadFopError(f"{command}: unknown parameter {name[:_SHOWN]}")


def texts(args: Sequence[str]) -> dict[str, str]:
    """Pairs that Arguments.parse has accepted, for values that are not Arguments' own kinds."""
    return dict(zip(args[::2], args[1::2], strict=True))


def one(command: str, name: str, value: str) -> Arguments:
    """A single argument, for Arguments' checks."""
    return Arguments(command, {name: value})


def colour(arguments: Arguments, name: str) -> Colour | None:
    """Base64 of a CSS colour name, `transparent`, `none`, `#RRGGBB` or `#RRGGBBAA`."""
    text = arguments.text(name, _COLOUR_BYTES)
    if text is None:
        return None
    if text.lower() in ("transparent", "none"):
        return (0, 0, 0, 0)
    from PIL import ImageColor

    try:
        found = ImageColor.getrgb(text)
    except ValueError as error:
        raise arguments.refuse(name, "the base64 of a colour's name or of #RRGGBB") from error
    return (found[0], found[1], found[2], found[3] if len(found) == 4 else 255)

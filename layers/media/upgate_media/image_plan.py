"""What a chain of steps comes to, worked out from the header before a pixel is decoded.

So a result that would be too large is refused without decoding, and a JPEG that is first of all
shrunk is decoded small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upgate_media.image_canvas import Canvas, Operation, Step
from upgate_media.image_geometry import Size
from upgate_media.image_steps import Scale, Transpose


@dataclass(frozen=True, slots=True)
class Plan:
    """`size` and `orientation` are the result's, `largest` the largest canvas that is made
    of decoded pixels on the way.

    `colour_at` is the index before which colours become sRGB: after the first shrinking.

    `draft` is the least size that decoding has to give, None when all pixels are needed.
    """

    operations: tuple[Operation, ...]
    size: Size
    largest: Size
    orientation: int
    draft: Size | None
    colour_at: int


def plan(steps: Sequence[Step], canvas: Canvas) -> Plan:
    """Run the steps over sizes alone; raises BadFopError as the steps do."""
    operations: list[Operation] = []
    largest: Size = (1, 1)
    draft: Size | None = None
    colour_at, is_front, is_turned = 0, True, False
    for step in steps:
        size = canvas.size
        canvas, planned = step.plan(canvas)
        for operation in planned:
            operations.append(operation)
            after = operation.size if isinstance(operation, Scale) else canvas.size
            largest = max(largest, after, key=lambda sides: sides[0] * sides[1])
            if is_front and isinstance(operation, Scale) and _is_smaller(after, size):
                draft = after[::-1] if is_turned else after
                # Shrunk first and turned then: turning takes memory for all that it turns.
                operations = [Scale(draft), *operations[:-1]]
                colour_at, largest = 1, after
            if isinstance(operation, Transpose):
                is_turned = is_turned != operation.swaps
            else:
                is_front = False
    return Plan(tuple(operations), canvas.size, largest, canvas.orientation, draft, colour_at)


def _is_smaller(after: Size, before: Size) -> bool:
    return after[0] <= before[0] and after[1] <= before[1]

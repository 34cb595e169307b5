"""How a mass of hair is filled: shaded with strands, or flat with an outline."""

from __future__ import annotations

from collections.abc import Iterable

from ims_avatar.training.drawn.characters.brushes import Canvas, Paint, Path, fill, stroke
from ims_avatar.training.drawn.characters.ink import OUTLINE, ink
from ims_avatar.training.drawn.characters.style import CharacterStyle

_FLAT_STEP = 4
"""Of the strands every so many-th is drawn in a flat picture."""


def draw_mass(
    canvas: Canvas, style: CharacterStyle, outline: Path, paint: Paint, strands: Iterable[Path] = (), edge: float = 0.45
) -> None:
    """A closed piece of hair. `paint` is its shading; `edge` the strength of the shadow along its inner edge."""
    if style.finish == "flat":
        _draw_flat(canvas, style, outline, strands)
        return
    hair = style.hair
    canvas.drawPath(outline, paint)
    canvas.save()
    canvas.clipPath(outline, True)
    for index, strand in enumerate(strands):
        light = index % 3 == 1
        canvas.drawPath(strand, stroke(hair.light if light else hair.dark, 2.6 if light else 1.5, 0.30, blur=0.9))
    canvas.drawPath(outline, stroke(hair.dark, 5, edge, blur=3))
    canvas.restore()


def draw_edge(canvas: Canvas, style: CharacterStyle, outline: Path) -> None:
    """The thin line around shaded hair; flat hair has its own."""
    if style.finish != "flat":
        canvas.drawPath(outline, stroke(style.hair.dark, 1.0, 0.5))


def _draw_flat(canvas: Canvas, style: CharacterStyle, outline: Path, strands: Iterable[Path]) -> None:
    canvas.drawPath(outline, fill(style.hair.base))
    canvas.save()
    canvas.clipPath(outline, True)
    for strand in list(strands)[1::_FLAT_STEP]:
        canvas.drawPath(strand, stroke(style.hair.dark, 3.0))
    canvas.restore()
    canvas.drawPath(outline, stroke(ink(style), OUTLINE))

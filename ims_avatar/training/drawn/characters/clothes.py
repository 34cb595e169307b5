"""Shoulders and what they wear: one function for each neckline."""

from __future__ import annotations

from collections.abc import Callable

import skia

from ims_avatar.training.drawn.characters.brushes import Canvas, Path, curve, fill, linear, mirrored, stroke
from ims_avatar.training.drawn.characters.ink import DETAIL, OUTLINE, ink
from ims_avatar.training.drawn.characters.style import CharacterStyle, Neckline


def draw_clothes(canvas: Canvas, style: CharacterStyle) -> None:
    _NECKLINES[style.clothes.neckline](canvas, style)


def _body(style: CharacterStyle, neck: float, dip: float) -> Path:
    """Shoulders with an opening of half width `neck` that reaches `dip` below the chin."""
    f = style.face
    x, y, k, n = f.centre_x, f.chin_y, f.shoulder, f.neck_half - 43
    neck += n
    wide, close, deep = 44 * neck / 70, 16 * neck / 70, (dip - 50) / 72
    return curve(
        (x - neck, y + 50),
        (x - 110 * k, y + 66, x - 176 * k, y + 74, x - 206 * k, y + 108),
        (x - 220 * k, y + 126, x - 228 * k, y + 150, x - 232 * k, y + 200),
        (x + 232 * k, y + 200),
        (x + 228 * k, y + 150, x + 220 * k, y + 126, x + 206 * k, y + 108),
        (x + 176 * k, y + 74, x + 110 * k, y + 66, x + neck, y + 50),
        (x + wide, y + 50 + 34 * deep, x + close, y + 50 + 54 * deep, x, y + dip),
        (x - close, y + 50 + 54 * deep, x - wide, y + 50 + 34 * deep, x - neck, y + 50),
    )


def _round_body(style: CharacterStyle, neck: float, dip: float) -> Path:
    """As `_body`, with a round opening."""
    f = style.face
    x, y, k = f.centre_x, f.chin_y, f.shoulder
    neck += f.neck_half - 43
    return curve(
        (x - neck, y + 46),
        (x - 110 * k, y + 66, x - 176 * k, y + 74, x - 206 * k, y + 108),
        (x - 220 * k, y + 126, x - 228 * k, y + 150, x - 232 * k, y + 200),
        (x + 232 * k, y + 200),
        (x + 228 * k, y + 150, x + 220 * k, y + 126, x + 206 * k, y + 108),
        (x + 176 * k, y + 74, x + 110 * k, y + 66, x + neck, y + 46),
        (x + 0.8 * neck, y + dip, x + 0.35 * neck, y + dip + 4, x, y + dip + 4),
        (x - 0.35 * neck, y + dip + 4, x - 0.8 * neck, y + dip, x - neck, y + 46),
    )


def _fill_body(canvas: Canvas, style: CharacterStyle, body: Path) -> None:
    f, c = style.face, style.clothes
    x, y = f.centre_x, f.chin_y
    if style.finish == "flat":
        canvas.drawPath(body, fill(c.base))
        canvas.drawPath(body, stroke(ink(style), OUTLINE))
        return
    canvas.drawPath(body, linear((x, y + 50), (x, y + 130), [(0, c.light, 1), (0.5, c.base, 1), (1, c.dark, 1)]))


def _both_sides(canvas: Canvas, style: CharacterStyle, *pieces: Callable[[Canvas, CharacterStyle], None]) -> None:
    for side in (1, -1):
        canvas.save()
        if side < 0:
            mirrored(canvas, style.face.centre_x)
        for piece in pieces:
            piece(canvas, style)
        canvas.restore()


def _shirt(canvas: Canvas, style: CharacterStyle) -> None:
    """What is seen of a shirt in an open neckline."""
    f = style.face
    x, y = f.centre_x, f.chin_y
    inner = curve((x - 60, y + 56), (x + 60, y + 56), (x + 40, y + 200), (x - 40, y + 200))
    neckline = curve(
        (x - 62, y + 50), (x - 40, y + 74, x - 16, y + 90, x, y + 98), (x + 16, y + 90, x + 40, y + 74, x + 62, y + 50)
    )
    canvas.save()
    canvas.clipPath(neckline, skia.ClipOp.kDifference, True)
    canvas.drawPath(inner, fill(style.clothes.shirt))
    canvas.restore()


def _draw_collar(canvas: Canvas, style: CharacterStyle) -> None:
    """A sweater over a shirt."""
    _shirt(canvas, style)
    _fill_body(canvas, style, _body(style, 70, 122))
    _both_sides(canvas, style, _wing, _sleeve_fold)


def _wing(canvas: Canvas, style: CharacterStyle) -> None:
    """One side of a shirt's collar."""
    f, c = style.face, style.clothes
    x, y = f.centre_x + f.neck_half - 43, f.chin_y
    lapel = curve(
        (x + 66, y + 46),
        (x + 92, y + 62),
        (x + 70, y + 96, x + 40, y + 124, x + 24, y + 150),
        (x + 8, y + 132, x + 2, y + 122, x, y + 118),
        (x + 30, y + 98, x + 52, y + 74, x + 66, y + 46),
    )
    wing = curve(
        (x + 52, y + 32),
        (x + 72, y + 50),
        (x + 70, y + 76, x + 52, y + 98, x + 36, y + 112),
        (x + 20, y + 104, x + 6, y + 96, f.centre_x, y + 92),
        (x + 24, y + 80, x + 42, y + 60, x + 52, y + 32),
    )
    if style.finish == "flat":
        canvas.drawPath(wing, fill(c.shirt))
        canvas.drawPath(wing, stroke(ink(style), OUTLINE))
        return
    canvas.drawPath(lapel, fill(c.dark, 0.5, blur=5))
    canvas.drawPath(wing, fill(c.dark, 0.45, blur=4))
    canvas.drawPath(
        wing, linear((x + 10, y + 60), (x + 66, y + 90), [(0, c.shirt_shade, 1), (0.45, c.shirt, 1), (1, c.shirt, 1)])
    )
    canvas.drawPath(wing, stroke(c.shirt_shade, 1.2, 0.9))


def _sleeve_fold(canvas: Canvas, style: CharacterStyle) -> None:
    f, c, k = style.face, style.clothes, style.face.shoulder
    x, y = f.centre_x, f.chin_y
    seam = curve((x + 150 * k, y + 86), (x + 162 * k, y + 100, x + 168 * k, y + 116, x + 170 * k, y + 140), close=False)
    if style.finish == "flat":
        canvas.drawPath(seam, stroke(ink(style), DETAIL))
        return
    canvas.drawPath(seam, stroke(c.dark, 3, 0.55, blur=2))
    shine = curve((x + 92 * k, y + 70), (x + 130 * k, y + 78, x + 160 * k, y + 86, x + 186 * k, y + 104), close=False)
    canvas.drawPath(shine, stroke(c.light, 7, 0.45, blur=5))


def _band(canvas: Canvas, style: CharacterStyle, edge: Path, width: float) -> None:
    """A knitted band along a neckline, cut off where it goes behind the neck."""
    c = style.clothes
    canvas.save()
    canvas.clipRect(skia.Rect(0, style.face.chin_y + 46, 512, 1024), True)
    if style.finish == "flat":
        canvas.drawPath(edge, stroke(ink(style), width + OUTLINE))
        canvas.drawPath(edge, stroke(c.dark, width - DETAIL))
    else:
        canvas.drawPath(edge, stroke(c.dark, width + 3, 0.35, blur=3))
        canvas.drawPath(edge, stroke(c.base, width))
        canvas.drawPath(edge, stroke(c.light, 0.45 * width, 0.55, blur=1.5))
    canvas.restore()


def _opening(style: CharacterStyle, neck: float, dip: float) -> Path:
    f = style.face
    x, y = f.centre_x, f.chin_y
    neck += f.neck_half - 43
    return curve(
        (x + neck, y + 46),
        (x + 0.8 * neck, y + dip, x + 0.35 * neck, y + dip + 4, x, y + dip + 4),
        (x - 0.35 * neck, y + dip + 4, x - 0.8 * neck, y + dip, x - neck, y + 46),
        close=False,
    )


def _draw_crew(canvas: Canvas, style: CharacterStyle) -> None:
    """A round neck."""
    _fill_body(canvas, style, _round_body(style, 66, 78))
    _band(canvas, style, _opening(style, 66, 78), 9)
    _both_sides(canvas, style, _sleeve_fold)


def _draw_v(canvas: Canvas, style: CharacterStyle) -> None:
    """A V-neck over bare skin."""
    f = style.face
    x, y = f.centre_x, f.chin_y
    neck = 66 + f.neck_half - 43
    chest = curve((x - neck + 12, y + 62), (x + neck - 12, y + 62), (x + 30, y + 124), (x - 30, y + 124))
    canvas.drawPath(chest, fill(style.skin.base))
    _fill_body(canvas, style, _body(style, 66, 114))
    edge = curve((x + neck - 2, y + 50), (x + 0.63 * neck, y + 82, x + 0.23 * neck, y + 100, x, y + 116), close=False)
    _band(canvas, style, edge, 9)
    canvas.save()
    mirrored(canvas, x)
    _band(canvas, style, edge, 9)
    canvas.restore()
    _both_sides(canvas, style, _sleeve_fold)


def _draw_turtleneck(canvas: Canvas, style: CharacterStyle) -> None:
    f, c = style.face, style.clothes
    x, y, n = f.centre_x, f.chin_y, f.neck_half - 43
    _fill_body(canvas, style, _round_body(style, 60, 60))
    tube = curve(
        (x - 50 - n, y + 22),
        (x - 24, y + 36, x + 24, y + 36, x + 50 + n, y + 22),
        (x + 54 + n, y + 40, x + 58 + n, y + 52, x + 70 + n, y + 62),
        (x + 30, y + 84, x - 30, y + 84, x - 70 - n, y + 62),
        (x - 58 - n, y + 52, x - 54 - n, y + 40, x - 50 - n, y + 22),
    )
    if style.finish == "flat":
        canvas.drawPath(tube, fill(c.light))
        canvas.drawPath(tube, stroke(ink(style), OUTLINE))
    else:
        canvas.drawPath(tube, fill(c.dark, 0.6, blur=5))
        shade = [(0.0, c.dark, 1.0), (0.3, c.base, 1.0), (0.55, c.light, 1.0), (1.0, c.dark, 1.0)]
        canvas.drawPath(tube, linear((x - 62, y), (x + 62, y), shade))
        for i in range(-6, 7):
            rib = curve((x + 8 * i, y + 32), (x + 9.5 * i, y + 72), close=False)
            canvas.drawPath(rib, stroke(c.dark, 1.6, 0.35, blur=0.8))
    _both_sides(canvas, style, _sleeve_fold)


def _draw_blazer(canvas: Canvas, style: CharacterStyle) -> None:
    """A jacket over an open shirt."""
    f, c = style.face, style.clothes
    x, y = f.centre_x, f.chin_y
    shirt = curve(
        (x - 74, y + 48),
        (x - 10, y + 84),
        (x, y + 92),
        (x + 10, y + 84),
        (x + 74, y + 48),
        (x + 64, y + 200),
        (x - 64, y + 200),
    )
    if style.finish == "flat":
        canvas.drawPath(shirt, fill(c.shirt))
    else:
        canvas.drawPath(
            shirt, linear((x - 60, y), (x + 60, y), [(0, c.shirt_shade, 1), (0.5, c.shirt, 1), (1, c.shirt_shade, 1)])
        )
    placket = curve((x, y + 92), (x + 1, y + 200), close=False)
    canvas.drawPath(placket, stroke(c.shirt_shade, 2.0))
    _fill_body(canvas, style, _body(style, 76, 190))
    _both_sides(canvas, style, _wing, _lapel, _sleeve_fold)


def _lapel(canvas: Canvas, style: CharacterStyle) -> None:
    f, c = style.face, style.clothes
    x, y = f.centre_x + f.neck_half - 43, f.chin_y
    lapel = curve(
        (x + 76, y + 46),
        (x + 100, y + 70, x + 104, y + 86, x + 100, y + 100),
        (x + 84, y + 98),
        (x + 92, y + 112),
        (x + 70, y + 150, x + 40, y + 178, x + 22, y + 190),
        (x + 44, y + 140, x + 70, y + 90, x + 76, y + 46),
    )
    if style.finish == "flat":
        canvas.drawPath(lapel, fill(c.light))
        canvas.drawPath(lapel, stroke(ink(style), DETAIL))
        return
    canvas.drawPath(lapel, fill(c.dark, 0.8, blur=5))
    canvas.drawPath(lapel, linear((x + 30, y + 60), (x + 100, y + 110), [(0, c.light, 1), (1, c.base, 1)]))
    canvas.drawPath(lapel, stroke(c.dark, 1.2, 0.8))


def _draw_hoodie(canvas: Canvas, style: CharacterStyle) -> None:
    f, c = style.face, style.clothes
    x, y = f.centre_x, f.chin_y
    _fill_body(canvas, style, _round_body(style, 66, 84))
    for side in (1, -1):
        hood = curve(
            (x + side * 58, y + 22),
            (x + side * 108, y + 40, x + side * 112, y + 84, x + side * 14, y + 118),
            (x + side * 4, y + 108),
            (x + side * 50, y + 86, x + side * 64, y + 60, x + side * 58, y + 22),
        )
        if style.finish == "flat":
            canvas.drawPath(hood, fill(c.light))
            canvas.drawPath(hood, stroke(ink(style), OUTLINE))
        else:
            canvas.drawPath(hood, fill(c.dark, 0.7, blur=5))
            canvas.drawPath(
                hood,
                linear((x, y + 40), (x + side * 100, y + 100), [(0, c.dark, 1), (0.5, c.base, 1), (1, c.light, 1)]),
            )
        cord = curve(
            (x + side * 20, y + 104),
            (x + side * 24, y + 124, x + side * 20, y + 150, x + side * 22, y + 170),
            close=False,
        )
        canvas.drawPath(cord, stroke(c.shirt, 4.0))
    _both_sides(canvas, style, _sleeve_fold)


_NECKLINES: dict[Neckline, Callable[[Canvas, CharacterStyle], None]] = {
    "collar": _draw_collar,
    "crew": _draw_crew,
    "v": _draw_v,
    "blazer": _draw_blazer,
    "turtleneck": _draw_turtleneck,
    "hoodie": _draw_hoodie,
}

"""Digits and a few signs, 5 x 7 dots: enough to write a time on a picture without a font library."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GLYPH_HEIGHT = 7
_ROWS = {
    "0": ".###. #...# #..## #.#.# ##..# #...# .###.",
    "1": "..#.. .##.. ..#.. ..#.. ..#.. ..#.. .###.",
    "2": ".###. #...# ....# ...#. ..#.. .#... #####",
    "3": "##### ...#. ..#.. ...#. ....# #...# .###.",
    "4": "...#. ..##. .#.#. #..#. ##### ...#. ...#.",
    "5": "##### #.... ####. ....# ....# #...# .###.",
    "6": "..##. .#... #.... ####. #...# #...# .###.",
    "7": "##### ....# ...#. ..#.. .#... .#... .#...",
    "8": ".###. #...# #...# .###. #...# #...# .###.",
    "9": ".###. #...# #...# .#### ....# ...#. .##..",
    ".": "..... ..... ..... ..... ..... .##.. .##..",
    "-": "..... ..... ..... ##### ..... ..... .....",
    "s": "..... ..... .#### #.... .###. ....# ####.",
    " ": "..... ..... ..... ..... ..... ..... .....",
}


def text_mask(text: str, scale: int = 2) -> NDArray[np.bool_]:
    """Where the dots of `text` are, bool (7 * scale, 6 * scale * len(text)). A sign it lacks is left blank."""
    glyphs = [[[dot == "#" for dot in row + "."] for row in _ROWS.get(sign, _ROWS[" "]).split()] for sign in text]
    if not glyphs:
        return np.zeros((GLYPH_HEIGHT * scale, 0), bool)
    return np.kron(np.concatenate([np.array(glyph) for glyph in glyphs], axis=1), np.ones((scale, scale), bool)).astype(
        bool
    )

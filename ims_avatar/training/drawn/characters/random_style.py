"""Drawn people of whom nobody thought before: for training on many characters, drawn on the fly.

Features go together as they do in people (hair greys with wrinkles, lips follow the skin), but every combination that
is possible comes up, so that a network cannot learn one face.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ims_avatar.training.drawn.characters.brushes import brightness, mixed
from ims_avatar.training.drawn.characters.idle import LOOP_LENGTH, Habit
from ims_avatar.training.drawn.characters.style import (
    Backdrop,
    Beard,
    BeardShape,
    Brows,
    CharacterStyle,
    Clothes,
    Colour,
    Eyes,
    FaceShape,
    Finish,
    Glasses,
    GlassesShape,
    Hair,
    HairShape,
    Lips,
    Neckline,
    Skin,
)

_SKINS = (0xF7D7C2, 0xF3C6A5, 0xE8B48C, 0xD7A077, 0xC08C63, 0xA9744C, 0x8A5638, 0x6B4230, 0x52332A)
"""From fair to dark; a person's skin lies between two neighbours."""
_IRISES = (0x5A3A22, 0x4A2E20, 0x6B4226, 0x7A6A3A, 0x5E8C5A, 0x6C9CC4, 0x7C8C98)
_HAIRS = (0x1E1818, 0x2A211F, 0x3B2A22, 0x5B3524, 0x84552F, 0xB98A4E, 0xD9BC84, 0xA2452A)
_GREY, _WHITE = 0x9C9A9C, 0xE6E4E1
_SHAPES: tuple[HairShape, ...] = ("bob", "short", "quiff", "crown", "afro", "long", "bun", "bald")
_NECKLINES: tuple[Neckline, ...] = ("collar", "crew", "v", "blazer", "turtleneck", "hoodie")
_GLASSES: tuple[GlassesShape, ...] = ("round", "rectangular", "cat")
_BEARDS: tuple[BeardShape, ...] = ("stubble", "full", "goatee")
_FINISHES: tuple[tuple[Finish, float], ...] = (("soft", 0.7), ("flat", 0.2), ("painted", 0.1))
"""With the share of people that are drawn so."""
_MASCULINE: tuple[HairShape, ...] = ("short", "quiff", "crown", "bald")
"""Hair shapes with which beards come up, and fewer lashes, broader necks and paler lips."""


def random_style(rng: np.random.Generator) -> CharacterStyle:
    """A person drawn from `rng`: the same state gives the same person."""
    shape = _SHAPES[rng.integers(len(_SHAPES))]
    masculine = shape in _MASCULINE or rng.random() < 0.15
    age = float(rng.beta(1.0, 2.5))
    skin = _skin(rng, age)
    hair = _hair(rng, shape, age)
    finishes, shares = zip(*_FINISHES, strict=True)
    return CharacterStyle(
        name="someone",
        title="A random person, drawn",
        skin=skin,
        lips=_lips(rng, skin, masculine),
        eyes=_eyes(rng, skin, hair, masculine),
        hair=hair,
        clothes=_clothes(rng, masculine),
        backdrop=_backdrop(rng),
        face=_face(rng, masculine, shape),
        brows=Brows(
            thickness=float(rng.uniform(0.7, 1.3) * (1.25 if masculine else 1.0)),
            arch=float(rng.uniform(0.5, 1.2)),
            height=float(rng.uniform(26, 33)),
            strength=float(rng.uniform(0.6, 0.95)),
        ),
        beard=_beard(rng, hair) if masculine and rng.random() < 0.4 else None,
        glasses=_glasses(rng) if rng.random() < 0.3 else None,
        finish=str(rng.choice(finishes, p=shares)),  # type: ignore[arg-type]
        habit=_habit(rng),
    )


def _jitter(rng: np.random.Generator, colour: Colour, steps: float = 8.0) -> Colour:
    """The colour with each of red, green and blue moved by about `steps`."""
    parts = [int(np.clip((colour >> s & 255) + rng.normal(0, steps), 0, 255)) for s in (16, 8, 0)]
    return parts[0] << 16 | parts[1] << 8 | parts[2]


def _any_colour(rng: np.random.Generator) -> Colour:
    return int(rng.integers(0, 256)) << 16 | int(rng.integers(0, 256)) << 8 | int(rng.integers(0, 256))


def _skin(rng: np.random.Generator, age: float) -> Skin:
    place = rng.uniform(0, len(_SKINS) - 1)
    first = min(int(place), len(_SKINS) - 2)
    base = _jitter(rng, mixed(_SKINS[first], _SKINS[first + 1], place - first), 4.0)
    red = mixed(base, 0xA03A28, float(rng.uniform(0.25, 0.4)))
    return Skin(
        base=base,
        light=mixed(base, 0xFFF0E0, float(rng.uniform(0.15, 0.4))),
        shade=mixed(base, red, 0.55),
        deep=mixed(mixed(base, red, 0.7), 0x2A1410, float(rng.uniform(0.2, 0.4))),
        blush=mixed(base, 0xE0604C, float(rng.uniform(0.25, 0.5))),
        blush_strength=float(rng.uniform(0.1, 0.4)),
        wrinkles=float(np.clip(age * 1.3 - 0.2, 0, 1)),
        freckles=float(rng.uniform(0.3, 1.0)) if brightness(base) > 170 and rng.random() < 0.15 else 0.0,
    )


def _lips(rng: np.random.Generator, skin: Skin, masculine: bool) -> Lips:
    """Redder than the skin; now and then with lipstick."""
    red = 0xB83C48 if brightness(skin.base) > 120 else 0x962E46
    share = float(rng.uniform(0.25, 0.5) if masculine else rng.uniform(0.35, 0.7))
    base = _jitter(rng, mixed(skin.base, red, share), 5.0)
    if not masculine and rng.random() < 0.15:
        base = _jitter(rng, 0xB02A3C, 16.0)
    fullness = float(rng.uniform(0.7, 1.35)) * (0.88 if masculine else 1.0)
    teeth = mixed(0xFDFBF7, 0xE6D8BE, float(rng.uniform(0, 1)))
    tongue = _jitter(rng, 0xC4626A, 8.0)
    return Lips(
        base=base,
        light=mixed(base, 0xFFE8E0, float(rng.uniform(0.25, 0.45))),
        dark=mixed(base, 0x4A1018, float(rng.uniform(0.2, 0.35))),
        line=mixed(base, 0x200810, float(rng.uniform(0.6, 0.75))),
        upper=8.5 * fullness * float(rng.uniform(0.85, 1.1)),
        lower=11.0 * fullness,
        gloss=float(rng.uniform(0.2, 0.9)),
        smile=float(rng.uniform(2.0, 8.5)),
        teeth_edge=float(rng.uniform(4.0, 7.5)),
        teeth=teeth,
        teeth_shade=mixed(teeth, 0x8A7468, float(rng.uniform(0.2, 0.4))),
        tongue=tongue,
        tongue_shade=mixed(tongue, 0x401018, 0.35),
    )


def _eyes(rng: np.random.Generator, skin: Skin, hair: Hair, masculine: bool) -> Eyes:
    iris = _jitter(rng, _IRISES[rng.integers(len(_IRISES))], 10.0)
    height = float(rng.uniform(11.5, 16.0))
    return Eyes(
        iris=iris,
        iris_rim=mixed(iris, 0x100808, float(rng.uniform(0.4, 0.6))),
        lash=mixed(hair.dark, 0x140C0B, 0.7),
        lid=mixed(skin.base, skin.deep, float(rng.uniform(0.15, 0.35))),
        half_width=float(rng.uniform(23, 28)),
        half_height=height,
        iris_radius=float(np.clip(height - 0.8, 11.5, 14.0)),
        tilt=float(rng.uniform(-3.6, 1.6)),
        hood=float(rng.uniform(0.4, 1.0)) if rng.random() < 0.25 else 0.0,
        lashes=float(rng.uniform(0.1, 0.5) if masculine else rng.uniform(0.6, 1.2)),
    )


def _hair(rng: np.random.Generator, shape: HairShape, age: float) -> Hair:
    base = _jitter(rng, _HAIRS[rng.integers(len(_HAIRS))], 8.0)
    grey = float(np.clip(2.2 * age - 0.7 + rng.normal(0, 0.15), 0, 1))
    base = mixed(base, mixed(_GREY, _WHITE, age), grey)
    if rng.random() < 0.03:
        base = _any_colour(rng)
    return Hair(
        base=base,
        dark=mixed(base, 0x100A10, float(rng.uniform(0.3, 0.5))),
        light=mixed(base, 0xFFE8D0, float(rng.uniform(0.12, 0.35))),
        brow=mixed(base, 0x2A1C18, float(rng.uniform(0.2, 0.5)) * (1 - 0.7 * grey)),
        shape=shape,
        volume=float(rng.uniform(0.75, 0.95) if shape == "afro" else rng.uniform(0.8, 1.25)),
    )


def _clothes(rng: np.random.Generator, masculine: bool) -> Clothes:
    base = mixed(_any_colour(rng), 0x808080, float(rng.uniform(0.1, 0.6)))
    shirt = mixed(_any_colour(rng), 0xFFFFFF, float(rng.uniform(0.6, 1.0)))
    return Clothes(
        base=base,
        dark=mixed(base, 0x080810, 0.32),
        light=mixed(base, 0xFFFFFF, 0.18),
        shirt=shirt,
        shirt_shade=mixed(shirt, 0x50587A, 0.22),
        neckline=_NECKLINES[rng.integers(len(_NECKLINES))],
        earring=0xE9C46A if not masculine and rng.random() < 0.4 else None,
    )


def _backdrop(rng: np.random.Generator) -> Backdrop:
    centre = mixed(_any_colour(rng), 0xF0F0F0, float(rng.uniform(0.2, 0.9)))
    return Backdrop(centre, mixed(centre, _any_colour(rng), float(rng.uniform(0.05, 0.5))))


def _face(rng: np.random.Generator, masculine: bool, shape: HairShape) -> FaceShape:
    """Everything is moved together with the eyes' line, so that no feature leaves its place."""
    down = float(rng.normal(0, 3)) + (8 if shape in ("afro", "bun", "quiff") else 0)
    cheek = float(rng.uniform(94, 110))
    jaw = cheek * float(rng.uniform(0.80, 0.90) if masculine else rng.uniform(0.72, 0.82))
    mouth = float(rng.uniform(64, 80))
    eye_y = 237 + down
    nose_y = eye_y + float(rng.uniform(49, 59))
    mouth_y = nose_y + float(rng.uniform(37, 44))
    return FaceShape(
        centre_x=256 + float(rng.normal(0, 3)),
        top=96 + down + float(rng.normal(0, 3)),
        cheek_half=cheek,
        jaw_half=jaw,
        jaw_y=mouth_y - float(rng.uniform(0, 8)),
        jaw_square=float(rng.uniform(0.2, 1.0) if masculine else rng.uniform(0.0, 0.3)),
        chin_y=mouth_y + float(rng.uniform(55, 66)),
        chin_half=float(rng.uniform(32, 46) if masculine else rng.uniform(24, 36)),
        neck_half=float(rng.uniform(44, 56) if masculine else rng.uniform(36, 44)),
        shoulder=float(rng.uniform(0.98, 1.14) if masculine else rng.uniform(0.86, 1.0)),
        ear=float(rng.uniform(0.9, 1.2)),
        eye_y=eye_y,
        eye_distance=float(rng.uniform(45, 52)) * cheek / 103,
        nose_y=nose_y,
        nose_width=float(rng.uniform(0.85, 1.4)),
        nose_length=float(rng.uniform(0.7, 1.15)),
        mouth_y=mouth_y,
        mouth_width=mouth,
    )


def _beard(rng: np.random.Generator, hair: Hair) -> Beard:
    return Beard(_BEARDS[rng.integers(len(_BEARDS))], mixed(hair.base, hair.dark, 0.5), float(rng.uniform(0.25, 0.75)))


def _glasses(rng: np.random.Generator) -> Glasses:
    frame = mixed(_any_colour(rng), 0x181414, float(rng.uniform(0.3, 1.0)))
    return Glasses(
        _GLASSES[rng.integers(len(_GLASSES))],
        frame,
        thickness=float(rng.uniform(2.2, 5.5)),
        half_width=float(rng.uniform(32, 39)),
        half_height=float(rng.uniform(26, 33)),
    )


def _habit(rng: np.random.Generator) -> Habit:
    blinks = tuple(sorted(int(b) for b in rng.choice(np.arange(4, LOOP_LENGTH - 10, 8), 4, replace=False)))
    return replace(
        Habit(),
        phase=float(rng.uniform()),
        sway=float(rng.uniform(0.6, 1.4)),
        nod=float(rng.uniform(0.6, 1.4)),
        blinks=blinks,
    )

"""What makes one drawn person differ from another: a set of parameters. A new character is a new set, not new code.

Lengths are pixels of the 512 x 512 picture; colours are 0xRRGGBB. The defaults are a young adult's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ims_avatar.training.drawn.characters.idle import CALM, Habit

Colour = int

HairShape = Literal["bob", "short", "quiff", "crown", "afro", "long", "bun", "bald"]
Neckline = Literal["collar", "crew", "v", "blazer", "turtleneck", "hoodie"]
GlassesShape = Literal["round", "rectangular", "cat"]
BeardShape = Literal["stubble", "full", "goatee"]
Finish = Literal["soft", "flat", "painted"]


@dataclass(frozen=True, slots=True)
class Skin:
    base: Colour
    light: Colour
    shade: Colour
    deep: Colour
    """Colour of folds and of the shadow that the chin throws on the neck."""
    blush: Colour
    blush_strength: float = 0.30
    wrinkles: float = 0.0
    """0 smooth .. 1 an old person's lines."""
    freckles: float = 0.0


@dataclass(frozen=True, slots=True)
class FaceShape:
    centre_x: float = 256.0
    top: float = 96.0
    cheek_half: float = 103.0
    """Half the width of the head at the cheekbones."""
    jaw_half: float = 81.0
    jaw_y: float = 326.0
    jaw_square: float = 0.0
    """0 a jaw that runs straight to the chin .. 1 a square one."""
    chin_y: float = 392.0
    chin_half: float = 32.0
    """How broad the chin is: control length of its curve."""
    neck_half: float = 43.0
    shoulder: float = 1.0
    """Width of the shoulders against the default."""
    ear: float = 1.0
    eye_y: float = 236.0
    eye_distance: float = 49.0
    """From the centre line to the middle of an eye."""
    nose_y: float = 288.0
    nose_width: float = 1.0
    nose_length: float = 1.0
    mouth_y: float = 330.0
    mouth_width: float = 72.0
    """Distance of the mouth's corners at rest: the unit of the lip code."""


@dataclass(frozen=True, slots=True)
class Lips:
    base: Colour
    light: Colour
    dark: Colour
    line: Colour
    upper: float = 8.5
    """Thickness at rest."""
    lower: float = 11.0
    gloss: float = 0.85
    """Strength of the light on the lower lip."""
    smile: float = 6.0
    """How far the corners stand above the middle at rest."""
    teeth_edge: float = 6.0
    """How far the upper teeth reach below the line where the lips meet."""
    teeth: Colour = 0xFBF8F2
    teeth_shade: Colour = 0xD9D0C8
    tongue: Colour = 0xC9656B
    tongue_shade: Colour = 0x94404A


@dataclass(frozen=True, slots=True)
class Eyes:
    iris: Colour
    iris_rim: Colour
    lash: Colour
    lid: Colour
    half_width: float = 26.0
    half_height: float = 15.0
    iris_radius: float = 14.0
    tilt: float = -1.6
    """How much lower the outer corner is than the eye's middle."""
    hood: float = 0.0
    """0 a lid with a crease .. 1 a smooth one that hangs over the inner corner."""
    lashes: float = 1.0


@dataclass(frozen=True, slots=True)
class Brows:
    thickness: float = 1.0
    arch: float = 1.0
    height: float = 31.0
    """Above the middle of the eyes."""
    strength: float = 0.88


@dataclass(frozen=True, slots=True)
class Hair:
    base: Colour
    dark: Colour
    light: Colour
    brow: Colour
    shape: HairShape = "bob"
    volume: float = 1.0
    """How far the hair stands off the head against the shape's default."""


@dataclass(frozen=True, slots=True)
class Beard:
    shape: BeardShape
    colour: Colour
    strength: float = 0.5


@dataclass(frozen=True, slots=True)
class Glasses:
    shape: GlassesShape
    frame: Colour
    thickness: float = 3.6
    half_width: float = 37.0
    half_height: float = 29.0


@dataclass(frozen=True, slots=True)
class Clothes:
    base: Colour
    dark: Colour
    light: Colour
    shirt: Colour
    shirt_shade: Colour
    neckline: Neckline = "collar"
    earring: Colour | None = None


@dataclass(frozen=True, slots=True)
class Backdrop:
    centre: Colour
    edge: Colour


@dataclass(frozen=True, slots=True)
class CharacterStyle:
    """One drawn person."""

    name: str
    title: str
    skin: Skin
    lips: Lips
    eyes: Eyes
    hair: Hair
    clothes: Clothes
    backdrop: Backdrop
    face: FaceShape = field(default_factory=FaceShape)
    brows: Brows = field(default_factory=Brows)
    beard: Beard | None = None
    glasses: Glasses | None = None
    finish: Finish = "soft"
    habit: Habit = CALM


CLARA = CharacterStyle(
    name="clara",
    title="Clara, a friendly woman in her thirties, drawn",
    skin=Skin(base=0xF3C6A5, light=0xFCDDC3, shade=0xDD9F7C, deep=0xB9755A, blush=0xEB8E78),
    lips=Lips(base=0xCF6B66, light=0xE8948B, dark=0xB2504F, line=0x6E2730),
    eyes=Eyes(iris=0x5E8C5A, iris_rim=0x2C4A33, lash=0x2E1B18, lid=0xE0A788),
    hair=Hair(base=0x5B3524, dark=0x37201A, light=0x9A6240, brow=0x4B2C20),
    clothes=Clothes(
        base=0x33586B, dark=0x213E4E, light=0x4A7488, shirt=0xF7F4EE, shirt_shade=0xD5D3D3, earring=0xE9C46A
    ),
    backdrop=Backdrop(centre=0xEAE4DB, edge=0xD2D6D4),
)

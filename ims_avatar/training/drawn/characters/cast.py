"""The drawn people that have a name: a renderer can be trained for each, and most are shipped."""

from __future__ import annotations

from ims_avatar.training.drawn.characters.idle import Habit
from ims_avatar.training.drawn.characters.style import (
    CLARA,
    Backdrop,
    Beard,
    Brows,
    CharacterStyle,
    Clothes,
    Eyes,
    FaceShape,
    Glasses,
    Hair,
    Lips,
    Skin,
)

EDMUND = CharacterStyle(
    name="edmund",
    title="Edmund, a kind old man with white hair and glasses, drawn",
    skin=Skin(base=0xF0C5AA, light=0xF9DAC6, shade=0xD79C80, deep=0xAE7260, blush=0xE58C7C, wrinkles=0.85),
    lips=Lips(
        base=0xC67C75, light=0xDB9D94, dark=0xA8605B, line=0x6A3233, upper=6.5, lower=9.0, gloss=0.55, smile=8.5,
        teeth=0xF4EEE2, teeth_shade=0xCFC4B6,
    ),
    eyes=Eyes(
        iris=0x6C9CC4, iris_rim=0x35587C, lash=0x5A4A46, lid=0xDDA68C, half_width=24.0, half_height=12.5,
        iris_radius=12.6, tilt=1.4, lashes=0.2,
    ),
    hair=Hair(base=0xE6E4E1, dark=0xAEACAF, light=0xFBFAF8, brow=0xD8CFC8, shape="crown"),
    clothes=Clothes(
        base=0x7A5A48, dark=0x553D30, light=0x987461, shirt=0xDDE8F0, shirt_shade=0xB4C4D2, neckline="collar"
    ),
    backdrop=Backdrop(centre=0xDFE5DF, edge=0xBFCBC6),
    face=FaceShape(
        top=92, cheek_half=100, jaw_half=86, jaw_y=332, jaw_square=0.45, chin_y=398, chin_half=36, neck_half=48,
        shoulder=1.04, ear=1.16, eye_y=238, eye_distance=47, nose_y=294, nose_width=1.22, nose_length=1.1,
        mouth_y=337, mouth_width=74,
    ),
    brows=Brows(thickness=1.35, arch=0.8, height=29, strength=0.95),
    glasses=Glasses("rectangular", frame=0x4A3A34, thickness=3.4, half_width=36, half_height=31),
    habit=Habit(phase=0.3, sway=0.8, nod=0.8, blinks=(22, 96, 160, 171), breaths=2),
)  # fmt: skip

AMARA = CharacterStyle(
    name="amara",
    title="Amara, a young Black woman with an afro, drawn",
    skin=Skin(base=0x8A5638, light=0xA96F4C, shade=0x6A3D28, deep=0x43241A, blush=0xA2503C, blush_strength=0.28),
    lips=Lips(
        base=0xA14B55, light=0xC77E80, dark=0x7A3140, line=0x3A1420, upper=11.0, lower=13.5, gloss=0.75,
        tongue=0xC4626A, tongue_shade=0x8C3C48,
    ),
    eyes=Eyes(
        iris=0x6B4226, iris_rim=0x2E1A10, lash=0x140C0B, lid=0x774830, half_width=27.0, half_height=15.2, tilt=-2.6,
        lashes=1.15,
    ),
    hair=Hair(base=0x2C1E1B, dark=0x160E0E, light=0x57392F, brow=0x1D1312, shape="afro", volume=0.88),
    clothes=Clothes(
        base=0xE0A12E, dark=0xB4781C, light=0xF0BE58, shirt=0xFFF6E2, shirt_shade=0xE2D2B4, neckline="crew",
        earring=0xF0CE6E,
    ),
    backdrop=Backdrop(centre=0xD3E4E4, edge=0xA7C4C8),
    face=FaceShape(
        top=100, cheek_half=101, jaw_half=80, jaw_y=326, chin_y=386, chin_half=33, neck_half=40, shoulder=0.94,
        eye_y=238, eye_distance=50, nose_y=290, nose_width=1.32, nose_length=0.85, mouth_y=329, mouth_width=76,
    ),
    brows=Brows(thickness=1.0, arch=1.15, height=32),
    habit=Habit(phase=0.55, sway=1.15, nod=1.1, blinks=(40, 121, 190)),
)  # fmt: skip

RAVI = CharacterStyle(
    name="ravi",
    title="Ravi, a man in his forties with a short beard, drawn",
    skin=Skin(
        base=0xC08C63, light=0xD6A67C, shade=0x9A6843, deep=0x6B4330, blush=0xB86C4E, blush_strength=0.22, wrinkles=0.22
    ),
    lips=Lips(
        base=0xB4635C, light=0xCC8A80, dark=0x934944, line=0x4E2122, upper=7.5, lower=10.5, gloss=0.5, smile=7.5,
    ),
    eyes=Eyes(
        iris=0x5A3A22, iris_rim=0x2B1A10, lash=0x191110, lid=0xA9764F, half_width=25.0, half_height=13.5,
        iris_radius=13.0, tilt=-1.0, lashes=0.4,
    ),
    hair=Hair(base=0x2A211F, dark=0x151012, light=0x50423C, brow=0x1F1715, shape="quiff", volume=0.8),
    clothes=Clothes(
        base=0x39455A, dark=0x252E3E, light=0x51607A, shirt=0xF2F4F6, shirt_shade=0xCBD2DA, neckline="blazer"
    ),
    backdrop=Backdrop(centre=0xE9DFD0, edge=0xCDBFAE),
    face=FaceShape(
        top=94, cheek_half=103, jaw_half=91, jaw_y=330, jaw_square=0.8, chin_y=398, chin_half=42, neck_half=54,
        shoulder=1.1, ear=1.05, eye_y=236, eye_distance=49, nose_y=291, nose_width=1.22, nose_length=1.05,
        mouth_y=334, mouth_width=76,
    ),
    brows=Brows(thickness=1.35, arch=1.0, height=29, strength=0.92),
    beard=Beard("full", colour=0x2A201E, strength=0.62),
    habit=Habit(phase=0.8, sway=0.9, nod=1.1, blinks=(15, 88, 150)),
)  # fmt: skip

MEI = CharacterStyle(
    name="mei",
    title="Mei, a young East Asian woman with long straight hair, drawn",
    skin=Skin(base=0xF4D0AE, light=0xFCE3CB, shade=0xDDA884, deep=0xB57C60, blush=0xF0998A, blush_strength=0.34),
    lips=Lips(base=0xD2616C, light=0xEE9A9C, dark=0xB0444F, line=0x6B222F, upper=8.0, lower=10.5),
    eyes=Eyes(
        iris=0x4A2E20, iris_rim=0x21130E, lash=0x150E10, lid=0xE6B694, half_width=26.0, half_height=12.8,
        iris_radius=13.2, tilt=-3.4, hood=0.9, lashes=0.85,
    ),
    hair=Hair(base=0x262029, dark=0x131019, light=0x4E4658, brow=0x2B2225, shape="long"),
    clothes=Clothes(
        base=0x9C4A62, dark=0x73324A, light=0xB9677E, shirt=0xFFFFFF, shirt_shade=0xDDDDDD, neckline="turtleneck"
    ),
    backdrop=Backdrop(centre=0xECE6EE, edge=0xCFCBDD),
    face=FaceShape(
        top=98, cheek_half=104, jaw_half=80, jaw_y=322, chin_y=384, chin_half=28, neck_half=38, shoulder=0.9,
        eye_y=240, eye_distance=51, nose_y=289, nose_width=0.98, nose_length=0.75, mouth_y=327, mouth_width=68,
    ),
    brows=Brows(thickness=0.95, arch=0.7, height=30, strength=0.8),
    glasses=None,
    habit=Habit(phase=0.15, sway=1.05, nod=0.9, blinks=(28, 71, 140, 199)),
)  # fmt: skip

MILO = CharacterStyle(
    name="milo",
    title="Milo, a cheerful red-haired young man, a flat cartoon",
    skin=Skin(
        base=0xFBD3B0, light=0xFFE4CC, shade=0xEFB48C, deep=0xC27E58, blush=0xF58F78, blush_strength=0.4, freckles=0.9
    ),
    lips=Lips(
        base=0xE07468, light=0xF0A094, dark=0xC0524C, line=0x43161F, upper=6.5, lower=8.5, smile=9.0, teeth=0xFFFFFF,
        teeth_shade=0xE6E2E4, tongue=0xE8707A, tongue_shade=0xB8444F,
    ),
    eyes=Eyes(
        iris=0x3E8E7E, iris_rim=0x1E4A44, lash=0x2A1A18, lid=0xEFB48C, half_width=24.0, half_height=20.0,
        iris_radius=14.5, tilt=-0.5, lashes=0.2,
    ),
    hair=Hair(base=0xD8622B, dark=0xA8421A, light=0xEE8A4C, brow=0xA8421A, shape="quiff", volume=1.0),
    clothes=Clothes(
        base=0x2F8F9D, dark=0x1F6A78, light=0x45AAB6, shirt=0xFFFFFF, shirt_shade=0xD8E4E8, neckline="hoodie"
    ),
    backdrop=Backdrop(centre=0xFFE08A, edge=0xFFE08A),
    face=FaceShape(
        top=104, cheek_half=106, jaw_half=86, jaw_y=330, jaw_square=0.35, chin_y=396, chin_half=38, neck_half=42,
        shoulder=1.0, ear=1.1, eye_y=242, eye_distance=47, nose_y=290, nose_width=1.0, mouth_y=332, mouth_width=80,
    ),
    brows=Brows(thickness=1.3, arch=1.3, height=37),
    finish="flat",
    habit=Habit(phase=0.42, sway=1.3, nod=1.3, blinks=(35, 110, 118, 180)),
)  # fmt: skip

ROSA = CharacterStyle(
    name="rosa",
    title="Rosa, a woman of sixty with a bun, painted in warm colours",
    skin=Skin(
        base=0xE3AB82, light=0xF4CBA2, shade=0xC07E58, deep=0x8E5238, blush=0xD8694C, blush_strength=0.5, wrinkles=0.55
    ),
    lips=Lips(
        base=0xBC4A42, light=0xD97C68, dark=0x93302E, line=0x4C1A18, upper=7.5, lower=10.0, gloss=0.6, smile=7.0,
        teeth=0xF8EFDC, teeth_shade=0xD2C0A4, tongue=0xC25C56, tongue_shade=0x8A3838,
    ),
    eyes=Eyes(
        iris=0x6E5A2E, iris_rim=0x35280F, lash=0x2A1712, lid=0xC88F68, half_width=25.0, half_height=12.2,
        iris_radius=12.4, tilt=0.6, lashes=0.7,
    ),
    hair=Hair(base=0x8A7768, dark=0x4E3F38, light=0xC9B7A0, brow=0x584338, shape="bun", volume=0.95),
    clothes=Clothes(
        base=0x8E3B2E, dark=0x5E231E, light=0xB55A42, shirt=0xF1DDB8, shirt_shade=0xCDB08A, neckline="v",
        earring=0xD9A441,
    ),
    backdrop=Backdrop(centre=0xD9A860, edge=0x7C4E2C),
    face=FaceShape(
        top=112, cheek_half=104, jaw_half=83, jaw_y=338, jaw_square=0.2, chin_y=404, chin_half=34, neck_half=42,
        shoulder=0.96, ear=1.05, eye_y=250, eye_distance=49, nose_y=304, nose_width=1.15, nose_length=1.0,
        mouth_y=345, mouth_width=73,
    ),
    brows=Brows(thickness=1.05, arch=1.05, height=31, strength=0.8),
    finish="painted",
    habit=Habit(phase=0.68, sway=0.9, nod=1.0, blinks=(20, 77, 133, 205)),
)  # fmt: skip

STYLES: dict[str, CharacterStyle] = {style.name: style for style in (CLARA, EDMUND, AMARA, RAVI, MEI, MILO, ROSA)}

"""Who is in the picture: a person's head, skin, hair and habits, drawn from a prior without caricatures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from trainers.corpora.rendering.head_model import HeadModel
from trainers.corpora.rendering.skin import Complexion
from trainers.corpora.rendering.wrinkles import FURROWS

# Natural hair colours, linear RGB: black, dark brown, brown, red, blond, grey, white.
HAIR_COLOURS: dict[str, tuple[float, float, float]] = {
    "black": (0.010, 0.008, 0.007),
    "dark brown": (0.030, 0.017, 0.010),
    "brown": (0.075, 0.040, 0.020),
    "red": (0.170, 0.050, 0.016),
    "blond": (0.330, 0.215, 0.095),
    "grey": (0.240, 0.235, 0.230),
    "white": (0.600, 0.590, 0.570),
}
IRIS_COLOURS: dict[str, tuple[float, float, float]] = {
    "dark brown": (0.030, 0.014, 0.006),
    "brown": (0.085, 0.040, 0.014),
    "hazel": (0.115, 0.085, 0.030),
    "green": (0.085, 0.125, 0.065),
    "blue": (0.095, 0.175, 0.290),
    "grey": (0.160, 0.190, 0.220),
}
# Standard deviation of a local face shape (-1 to 1), and how far it may go: what lies beyond looks like
# a caricature on this head model. Shapes that deform rather than vary are held tighter.
SHAPE_SPREAD, SHAPE_LIMIT = 0.20, 0.55
TIGHT = {"eye": 0.6, "mouth": 0.6, "neck": 0.5, "ear": 0.6, "chin": 0.8, "nose": 0.85, "head": 0.6}

# Of `any_skin`: how often a furrow is absent, and how much deeper than usual it can be.
SMOOTH, DEEPEST_FOLD = 0.4, 1.4
# Thickness of the brows, least and most; their height, mean and standard deviation in mm (see `Complexion`).
ANY_BROW, ANY_BROW_HEIGHT = (0.7, 2.4), (-1.0, 2.2)


@dataclass(frozen=True)
class Subject:
    """One synthetic person.

    Attributes:
        name: "S0007".
        phenotypes, changes: see `HeadModel.neutral`.
        complexion: the skin.
        hair_style: one of `STYLES`; hair_volume: 0.7 to 1.4.
        hair_colour, iris_colour, cloth_colour, cloth_trim: linear RGB.
        cloth_pattern: 0 plain, else stripes.
        glasses: None or (roundness of the rims, wire radius in mm, linear RGB of the frame).
        lash_length: mm.
        folding: 0.45 to 1.35, how readily the skin folds.
        years: age, 16 to 80.
        expressiveness: (52,) multiplier per face unit: no two people smile alike.
        folds: furrow of `wrinkles.FURROWS` -> how much deeper it is than `folding` says; 1 if not named.
        seed: for what is painted at random on this person.
    """

    name: str
    phenotypes: dict[str, float]
    changes: dict[str, float]
    complexion: Complexion
    hair_style: str
    hair_volume: float
    hair_colour: tuple[float, float, float]
    iris_colour: tuple[float, float, float]
    cloth_colour: tuple[float, float, float]
    cloth_trim: tuple[float, float, float]
    cloth_pattern: float
    glasses: tuple[float, float, tuple[float, float, float]] | None
    lash_length: float
    folding: float
    years: float
    seed: int
    expressiveness: NDArray[np.float32] = field(repr=False)
    folds: dict[str, float] = field(default_factory=dict)

    @property
    def age(self) -> float:
        """How far the skin has aged: 0 up to 25 years, 1 from 75 on."""
        return _aged(self.years)


def draw_subject(rng: np.random.Generator, name: str, model: HeadModel) -> Subject:
    """Return a person drawn at random: ages 16 to 80, skin tones across the whole Monk scale."""
    female = rng.random() < 0.5
    years = rng.uniform(16.0, 80.0) if rng.random() < 0.5 else rng.uniform(18.0, 50.0)
    old = _aged(years)
    tone = float(rng.uniform(1.0, 10.0))
    phenotypes = {
        # anny's ages: 1/3 child, 2/3 young adult (25), 1 old (90).
        "age": float(2 / 3 + (years - 25.0) / 65.0 / 3.0),
        "gender": float(rng.uniform(0.72, 1.0) if female else rng.uniform(0.0, 0.28)),
        "muscle": float(np.clip(rng.normal(0.5, 0.15), 0.1, 0.9)),
        "weight": float(np.clip(rng.normal(0.5, 0.18), 0.1, 0.95)),
        **_ancestry(rng, tone),
    }
    black_hair = tone > 6.5
    return Subject(
        name=name,
        phenotypes=phenotypes,
        changes=_face_shapes(rng, model),
        complexion=_complexion(rng, tone, female),
        hair_style=_hair_style(rng, female, old, tone),
        hair_volume=float(rng.uniform(0.7, 1.35)),
        hair_colour=_hair_colour(rng, black_hair, old),
        iris_colour=_iris_colour(rng, tone),
        cloth_colour=_any_colour(rng),
        cloth_trim=_any_colour(rng),
        cloth_pattern=float(rng.uniform(0.4, 1.6)) if rng.random() < 0.3 else 0.0,
        glasses=(
            (float(rng.uniform(2.0, 4.5)), float(rng.uniform(0.5, 1.5)), _frame_colour(rng))
            if rng.random() < 0.16 + 0.2 * old
            else None
        ),
        lash_length=float(rng.uniform(5.5, 8.5) if female else rng.uniform(3.5, 6.0)),
        folding=float(rng.uniform(0.45, 1.1) + 0.25 * old),
        years=float(years),
        seed=int(rng.integers(2**31)),
        expressiveness=np.clip(rng.normal(1.0, 0.10, len(model.unit_names)), 0.75, 1.25).astype(np.float32),
    )


def any_skin(rng: np.random.Generator, subject: Subject) -> Subject:
    """Return the person with any brows, and furrows by no rule, each absent, faint or deep by itself.

    Real foreheads may stay smooth under raised brows, and resting brows may be bushy and low. Who learns from
    people whose furrows always tell (`draw_subject`) reads the furrows and overlooks the brows.
    """
    folds = {
        name: 0.0 if rng.random() < SMOOTH else float(rng.uniform(0.0, DEEPEST_FOLD)) for name in FURROWS
    }
    complexion = replace(
        subject.complexion,
        brow=float(rng.uniform(*ANY_BROW)),
        brow_height=float(rng.normal(*ANY_BROW_HEIGHT)),
    )
    return replace(subject, folds=folds, complexion=complexion)


def _aged(years: float) -> float:
    return float(np.clip((years - 25.0) / 50.0, 0.0, 1.0))


def _ancestry(rng: np.random.Generator, tone: float) -> dict[str, float]:
    """Shares of the head model's three shape ancestries; loosely tied to the tone, as faces are."""
    pull = np.array([0.35 + 0.30 * max(0.0, tone - 4.0), 0.9, 0.35 + 0.25 * max(0.0, 7.0 - tone)])
    african, asian, caucasian = rng.dirichlet(0.9 * pull)
    return {"african": float(african), "asian": float(asian), "caucasian": float(caucasian)}


def _face_shapes(rng: np.random.Generator, model: HeadModel) -> dict[str, float]:
    """Local face shapes: normal and clipped; a left shape follows its right one up to a small asymmetry."""
    shapes: dict[str, float] = {}
    for raw in model.change_names:
        name = str(raw)
        stem = name.removeprefix("l-").removeprefix("r-")
        if stem in shapes and name != stem:
            continue
        spread = SHAPE_SPREAD * TIGHT.get(stem.split("-")[0], 1.0)
        value = float(np.clip(rng.normal(0.0, spread), -SHAPE_LIMIT, SHAPE_LIMIT))
        if name == stem:
            # A mouth, nose or neck shifted to one side is a deformity.
            shapes[name] = 0.15 * value if "trans-out" in name or "angle-out" in name else value
        else:
            shapes[stem] = value
            for side in ("l-", "r-"):
                shapes[side + stem] = value + float(rng.normal(0.0, 0.03))
    return {name: shapes[name] for name in map(str, model.change_names)}


def _complexion(rng: np.random.Generator, tone: float, female: bool) -> Complexion:
    beard = "none"
    if not female:
        beard = str(
            rng.choice(["none", "stubble", "moustache", "goatee", "full"], p=[0.46, 0.24, 0.06, 0.08, 0.16])
        )
    return Complexion(
        tone=tone,
        redness=float(rng.beta(2.0, 3.0)),
        spots=float(rng.beta(1.0, 4.0)),
        unevenness=float(rng.beta(2.0, 3.0)),
        oil=float(rng.uniform(0.25, 1.0)),
        brow=float(rng.uniform(0.55, 1.0) if female else rng.uniform(0.8, 1.35)),
        brow_height=float(rng.normal(0.0, 1.1)),
        beard=beard,
        density=float(rng.uniform(0.55, 1.0)),
        lip_colour=float(rng.beta(1.2, 2.0)) if female and rng.random() < 0.5 else 0.0,
    )


def _hair_style(rng: np.random.Generator, female: bool, old: float, tone: float) -> str:
    if female:
        odds = {
            "cropped": 0.03,
            "short": 0.10,
            "full": 0.12,
            "afro": 0.06,
            "tied": 0.24,
            "bob": 0.14,
            "long": 0.24,
            "fringe": 0.07,
        }
    else:
        odds = {"bald": 0.04, "shaved": 0.10, "cropped": 0.22, "short": 0.28, "full": 0.16, "afro": 0.06}
        odds |= {"receding": 0.08, "tied": 0.03, "long": 0.03}
        odds["bald"] += 0.12 * old
        odds["receding"] += 0.25 * old
    odds["afro"] *= 2.0 if tone > 6.0 else 0.15
    total = sum(odds.values())
    return str(rng.choice(list(odds), p=[share / total for share in odds.values()]))


def _hair_colour(rng: np.random.Generator, black: bool, old: float) -> tuple[float, float, float]:
    names = ["black", "dark brown", "brown", "red", "blond"]
    odds = [0.72, 0.2, 0.06, 0.01, 0.01] if black else [0.25, 0.27, 0.24, 0.07, 0.17]
    colour = np.array(HAIR_COLOURS[str(rng.choice(names, p=odds))])
    grey = float(np.clip(1.8 * old - 0.8 + rng.normal(0.0, 0.25), 0.0, 1.0))
    whitened = np.array(HAIR_COLOURS["grey" if rng.random() < 0.6 else "white"])
    mixed = colour * (1.0 - grey) + whitened * grey
    red, green, blue = (mixed * rng.uniform(0.8, 1.25)).tolist()
    return red, green, blue


def _iris_colour(rng: np.random.Generator, tone: float) -> tuple[float, float, float]:
    if tone > 5.5:
        name = str(rng.choice(["dark brown", "brown"], p=[0.75, 0.25]))
    else:
        name = str(rng.choice(list(IRIS_COLOURS), p=[0.16, 0.24, 0.16, 0.12, 0.22, 0.10]))
    return IRIS_COLOURS[name]


def _any_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    """Clothes: mostly muted."""
    grey = rng.uniform(0.01, 0.7)
    colour = grey * (1.0 + rng.uniform(0.0, 0.8) * rng.uniform(-0.9, 0.9, 3))
    red, green, blue = np.clip(colour, 0.004, 0.8).tolist()
    return red, green, blue


def _frame_colour(rng: np.random.Generator) -> tuple[float, float, float]:
    if rng.random() < 0.6:
        return (0.012, 0.011, 0.010)
    return _any_colour(rng)

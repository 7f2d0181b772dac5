# SPDX-License-Identifier: AGPL-3.0-or-later
"""People built from limbs: they stand at the origin and face +x; heights in metres."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from models.scenes.palette import CLOTHS
from models.scenes.piles import bag, carton
from models.scenes.shapes import Floats, Part, ball, dome, limb, merge, moved, off, tube

HIP_Z, SHOULDER_Z, HEAD_Z = 0.90, 1.40, 1.60
THIGH, SHANK, UPPER_ARM, FOREARM = 0.43, 0.42, 0.29, 0.26
STRIDE_M = 1.35
MELT_M = 0.02
UMBRELLA_GORES = ("cloth_red", "cloth_red", "cloth_purple", "cloth_purple") * 2


@dataclass(frozen=True, slots=True)
class Person:
    """What someone wears and carries: palette names, and extras by name."""

    top: str
    legs: str
    hair: str = "hair"
    shoes: str = "shoe"
    skin: str = "skin"
    height: float = 1.70
    girth: float = 1.0
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pose:
    """Angles in radians, forward positive: hips, knees, shoulders, elbows (left, right), and the lean of the back."""

    hips: tuple[float, float] = (0.03, -0.03)
    knees: tuple[float, float] = (0.02, 0.02)
    shoulders: tuple[float, float] = (0.05, -0.05)
    elbows: tuple[float, float] = (0.2, 0.2)
    lean: float = 0.02
    spread: float = 0.0


def walking(phase: float) -> Pose:
    """The pose at `phase` (0..1) of a walk of two steps."""
    a = 2 * math.pi * phase
    swing, bend = 0.42, 0.75

    def knee(angle: float) -> float:
        return float(0.12 + bend * max(0.0, math.cos(angle)) ** 1.5)

    return Pose(
        hips=(swing * math.sin(a) + 0.08, -swing * math.sin(a) + 0.08),
        knees=(knee(a), knee(a + math.pi)),
        shoulders=(-0.42 * math.sin(a), 0.42 * math.sin(a)),
        elbows=(0.28 + 0.15 * max(0.0, -math.sin(a)), 0.28 + 0.15 * max(0.0, math.sin(a))),
        lean=0.06,
    )


BENDING = Pose(hips=(0.35, 0.15), knees=(0.45, 0.4), shoulders=(0.9, 0.9), elbows=(0.3, 0.3), lean=0.85)
REACHING = Pose(shoulders=(1.1, 0.9), elbows=(0.5, 0.6), lean=0.15)
RIDING = Pose(hips=(1.35, 1.35), knees=(1.3, 1.3), shoulders=(0.85, 0.85), elbows=(0.35, 0.35), lean=0.12, spread=0.08)


def _down(angle: float, length: float) -> Floats:
    """A step down a limb swung forward by `angle`."""
    return np.array([math.sin(angle) * length, 0.0, -math.cos(angle) * length])


@dataclass(frozen=True, slots=True)
class _Joints:
    hips: list[Floats]
    knees: list[Floats]
    ankles: list[Floats]
    shoulders: list[Floats]
    elbows: list[Floats]
    hands: list[Floats]
    neck: Floats
    head: Floats


def _joints(pose: Pose) -> _Joints:
    side = (0.095, -0.095)
    hips = [np.array([0.0, s + math.copysign(pose.spread, s), HIP_Z]) for s in side]
    knees = [h + _down(a, THIGH) for h, a in zip(hips, pose.hips, strict=True)]
    ankles = [k + _down(a - b, SHANK) for k, a, b in zip(knees, pose.hips, pose.knees, strict=True)]
    spine = np.array([math.sin(pose.lean), 0.0, math.cos(pose.lean)])
    waist = np.array([0.0, 0.0, HIP_Z])
    shoulders = [waist + spine * (SHOULDER_Z - HIP_Z) + (0, s * 1.95, 0) for s in side]
    elbows = [
        p + _down(a, UPPER_ARM) + (0, math.copysign(0.04, s), 0)
        for p, a, s in zip(shoulders, pose.shoulders, side, strict=True)
    ]
    hands = [e + _down(a + b, FOREARM) for e, a, b in zip(elbows, pose.shoulders, pose.elbows, strict=True)]
    return _Joints(
        hips,
        knees,
        ankles,
        shoulders,
        elbows,
        hands,
        waist + spine * (1.47 - HIP_Z),
        waist + spine * (HEAD_Z - HIP_Z) + (0.015, 0, 0),
    )


def _torso(j: _Joints, person: Person) -> list[Part]:
    g, waist = person.girth, (j.hips[0] + j.hips[1]) / 2
    chest = waist + (j.neck - waist) * 0.62
    body = [
        limb(off(waist, 0, 0.06, 0.03), off(chest, 0, 0.07, 0), 0.115 * g, 0.125 * g),
        limb(off(waist, 0, -0.06, 0.03), off(chest, 0, -0.07, 0), 0.115 * g, 0.125 * g),
    ]
    body += [limb(j.shoulders[0], j.shoulders[1], 0.075, 0.075), limb(chest, j.neck, 0.12, 0.065)]
    body += [limb(s, e, 0.066 * g, 0.05) for s, e in zip(j.shoulders, j.elbows, strict=True)]
    long_sleeves = "bare arms" not in person.extras
    if long_sleeves:
        body += [limb(e, e + (h - e) * 0.85, 0.05, 0.038) for e, h in zip(j.elbows, j.hands, strict=True)]
    arms = [limb(e, h, 0.04, 0.032) for e, h in zip(j.elbows, j.hands, strict=True)] + [
        ball(h, (0.05, 0.035, 0.055)) for h in j.hands
    ]
    return [Part(merge(body), person.top, True, MELT_M), Part(merge(arms), person.skin, True)]


def _legs(j: _Joints, person: Person) -> list[Part]:
    g, waist = person.girth, (j.hips[0] + j.hips[1]) / 2
    cloth = [limb(j.hips[0], j.hips[1], 0.105 * g, 0.105 * g), limb(waist, off(waist, 0, 0, 0.08), 0.12 * g, 0.11 * g)]
    cloth += [limb(h, k, 0.092 * g, 0.064) for h, k in zip(j.hips, j.knees, strict=True)]
    if "skirt" in person.extras:
        cloth = [tube(off(waist, 0, 0, 0.1), (j.knees[0] + j.knees[1]) / 2 + (0, 0, -0.05), 0.14, 0.24, 20)]
    below = person.skin if "skirt" in person.extras else person.legs
    shins = [limb(k, a, 0.064, 0.046) for k, a in zip(j.knees, j.ankles, strict=True)]
    feet = [limb(off(a, 0.0, 0, -0.035), off(a, 0.13, 0, -0.045), 0.045, 0.036) for a in j.ankles]
    return [
        Part(merge(cloth), person.legs, True, MELT_M),
        Part(merge(shins), below, True, MELT_M),
        Part(merge(feet), person.shoes, True),
    ]


def _head(j: _Joints, person: Person) -> list[Part]:
    head = ball(j.head, (0.092, 0.075, 0.115), 12, 16)
    neck = limb(j.neck - (0, 0, 0.03), j.head - (0.01, 0, 0.06), 0.052, 0.05)
    nose = ball(off(j.head, 0.092, 0, -0.015), (0.018, 0.012, 0.022), 5, 6)
    hair = [ball(off(j.head, -0.022, 0, 0.028), (0.098, 0.085, 0.108), 12, 16)]
    if "long hair" in person.extras:
        hair.append(limb(off(j.head, -0.06, 0, 0), off(j.head, -0.085, 0, -0.2), 0.075, 0.055))
    return [Part(merge([head, neck, nose]), person.skin, True), Part(merge(hair), person.hair, True)]


def _chest(j: _Joints) -> Floats:
    return (j.neck + (j.hips[0] + j.hips[1]) / 2) / 2


def _straw_hat(j: _Joints) -> list[Part]:
    return [Part(tube(off(j.head, 0, 0, 0.06), off(j.head, 0, 0, 0.2), 0.27, 0.03, 20), "straw")]


def _cap(j: _Joints) -> list[Part]:
    crown, peak = (
        ball(off(j.head, 0, 0, 0.05), (0.105, 0.09, 0.09)),
        ball(off(j.head, 0.1, 0, 0.04), (0.08, 0.07, 0.012)),
    )
    return [Part(merge([crown, peak]), "cloth_orange", smooth=True)]


def _helmet(j: _Joints) -> list[Part]:
    return [Part(ball(off(j.head, -0.01, 0, 0.03), (0.135, 0.12, 0.125), 12, 16), "cloth_yellow", smooth=True)]


def _backpack(j: _Joints) -> list[Part]:
    return [Part(ball(off(_chest(j), -0.2, 0, 0.06), (0.11, 0.15, 0.22), 10, 12), "cloth_navy", smooth=True)]


def _stripes(j: _Joints) -> list[Part]:
    rings = [tube(off(_chest(j), 0, 0, z), off(_chest(j), 0, 0, z + 0.05), 0.2, 0.2, 20) for z in (-0.06, 0.08)]
    return [Part(merge(rings), "reflective")]


def _apron(j: _Joints) -> list[Part]:
    return [Part(ball(off(_chest(j), 0.1, 0, -0.2), (0.06, 0.15, 0.33), 10, 12), "cloth_white", smooth=True)]


def _umbrella(j: _Joints) -> list[Part]:
    tip = off(j.head, 0.03, 0, 0.12)
    gores = [Part(g, c) for g, c in zip(dome(tip, 0.56, 0.24, 8), UMBRELLA_GORES, strict=True)]
    return [*gores, Part(tube(j.hands[1], off(tip, 0, 0, 0.26), 0.012), "steel")]


def _bag(j: _Joints) -> list[Part]:
    return bag(j.hands[1] + (0.02, 0, -0.62), 0.25, "bag_black", Random(3))


def _shopping(j: _Joints) -> list[Part]:
    return [Part(ball(j.hands[0] + (0, 0, -0.22), (0.14, 0.07, 0.17)), "bag_white", smooth=True)]


def _broom(j: _Joints) -> list[Part]:
    end = j.hands[0] + (0.42, 0, -j.hands[0][2] + 0.06)
    stick = Part(tube(j.hands[1] + (-0.1, 0, 0.35), end, 0.016), "wood")
    return [stick, Part(tube(off(end, -0.05, 0, 0.1), off(end, 0.06, 0, -0.05), 0.05, 0.2), "straw")]


def _carton(j: _Joints) -> list[Part]:
    middle = (j.hands[0] + j.hands[1]) / 2
    return carton(off(middle, 0.12, 0, -0.12), (0.4, 0.5, 0.34), 0.0)


EXTRAS: dict[str, Callable[[_Joints], list[Part]]] = {
    "straw hat": _straw_hat,
    "cap": _cap,
    "helmet": _helmet,
    "backpack": _backpack,
    "stripes": _stripes,
    "apron": _apron,
    "umbrella": _umbrella,
    "bag": _bag,
    "shopping": _shopping,
    "broom": _broom,
    "carton": _carton,
}


def _carried(j: _Joints, person: Person) -> list[Part]:
    """What is worn and carried besides clothes; other extras change the body itself."""
    return [part for extra in person.extras if extra in EXTRAS for part in EXTRAS[extra](j)]


def _adapted(person: Person, pose: Pose) -> Pose:
    """Changes the arms for what is carried."""
    shoulders, elbows = list(pose.shoulders), list(pose.elbows)
    if "umbrella" in person.extras:
        shoulders[1], elbows[1] = 0.35, 1.9
    if "carton" in person.extras:
        shoulders, elbows = [0.3, 0.3], [1.2, 1.2]
    if "bag" in person.extras and pose.lean < 0.5:
        shoulders[1], elbows[1] = 0.35, 0.5
    if "broom" in person.extras:
        shoulders, elbows = [0.75, 0.45], [0.5, 0.9]
    return Pose(pose.hips, pose.knees, (shoulders[0], shoulders[1]), (elbows[0], elbows[1]), pose.lean, pose.spread)


def figure(person: Person, pose: Pose, grounded: bool = True) -> list[Part]:
    """The parts of a person in a pose; `grounded` drops the lower foot to z = 0."""
    joints = _joints(_adapted(person, pose))
    parts = _torso(joints, person) + _legs(joints, person) + _head(joints, person) + _carried(joints, person)
    drop = min(a[2] for a in joints.ankles) - 0.085 if grounded else 0.0
    scale = person.height / 1.72
    return [
        Part(moved(moved(p.shape, (0, 0, -drop)), scale=scale), p.material, p.smooth, p.melt_m, p.crumple_m)
        for p in parts
    ]


def somebody(rng: Random, loads: Sequence[str], hats: Sequence[str]) -> Person:
    """A person dressed at random, with one of the loads and one of the hats; "" is none."""
    extras = tuple(each for each in (rng.choice(loads), rng.choice(hats)) if each)
    top, legs = (f"cloth_{rng.choice(list(CLOTHS))}" for _ in range(2))
    return Person(top, legs, extras=extras, height=rng.uniform(1.5, 1.85), girth=rng.uniform(0.9, 1.15))

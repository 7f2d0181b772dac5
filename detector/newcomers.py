# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which sightings and static changes are new places."""

from collections.abc import Sequence
from dataclasses import replace

from detector import boxes
from detector.association import HIDDEN_SHARE
from detector.boxes import Box
from detector.look import Change, Look, Sighting
from detector.rules import Court, Ruling
from detector.sites import PIECE, Site, born

LARGE_SHARE = 0.5  # of a change's box that must have changed for it to be a thing of its own


def newcomers(look: Look, rest: Sequence[Sighting], known: Sequence[Site], court: Court) -> list[Site]:
    """Sites for sightings that belong to none, and for changes where a zone asks for them; one site for each thing."""
    fresh: list[Site] = []
    for sighting in sorted(rest, key=_largest_first):
        ruling = court.ruling(sighting.box, sighting.class_name)
        if not any(boxes.containment(site.box, sighting.box) > PIECE for site in fresh):
            fresh.append(_ruled(born(look.camera_id, sighting, look.taken_at), ruling))
    for change in look.changes:
        ruling = court.ruling(change.box, "debris")
        if ruling.zone and ruling.zone.witness == "alone" and _is_thing(change, look, [*known, *fresh]):
            sighting = Sighting("debris", change.share, change.box)
            fresh.append(replace(_ruled(born(look.camera_id, sighting, look.taken_at), ruling), borne_out=1))
    return fresh


def _largest_first(sighting: Sighting) -> tuple[object, ...]:
    return -boxes.area(sighting.box), sighting.box, sighting.class_name, sighting.confidence, sighting.appearance


def _ruled(site: Site, ruling: Ruling) -> Site:
    if (zone := ruling.zone) is None:
        return replace(site, waived=ruling.waived)
    return replace(site, zone=zone.name, grade=zone.grade, over=ruling.over)


def _is_thing(change: Change, look: Look, known: Sequence[Site]) -> bool:
    """Whether a static change is neither hidden, nor a thing that somebody stands for already."""
    taken: list[Box] = [site.box for site in known] + [sighting.box for sighting in look.sightings]
    if change.share < LARGE_SHARE or any(boxes.containment(box, change.box) > 0.3 for box in taken):
        return False
    return boxes.covered(change.box, look.covers) < HIDDEN_SHARE

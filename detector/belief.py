# SPDX-License-Identifier: AGPL-3.0-or-later
"""How sure the looks make us that a thing stands at a place, or that it is gone.

A detector finds a standing thing in a share of the looks only, so a miss is weak evidence and how weak depends on the
place: of each site the share of looks that detect it (its recall) is estimated from its own looks, and every rule that
weighs hits against misses uses that estimate. Numbers in docs/decisions/0006-confirmation.md.
"""

import math
from datetime import datetime

from detector import boxes
from detector.boxes import Box
from detector.sites import ALIKE, Site, alike
from detector.zones import Zone

PRIOR_HITS, PRIOR_LOOKS = 3.0, 5.0  # a new site is taken to be found in 60 % of the looks
LEAST_RECALL, MOST_RECALL = 0.3, 0.97  # misses come in runs: no place is as sure, or as hopeless, as it looks
STRAY = 0.1  # share of the looks in which something that does not stand here may be detected here
SURE = math.log(4)  # of a standing thing that a static change bears out: odds against strays
SURE_ALONE = math.log(2000)  # the same, if the detector alone says so
BORNE_OUT = 0.42  # of the share of hits that a zone asks for, where a static change bears them out
CHANCE = 1.0  # hits that chance may have withheld, where no change bears them out
DATED_LATE_S = 10.0  # by which the background dates what came to stand, on average; and as much more at most
GROWN, GROWS = 1.4, 3.0  # in area, of debris that is a stall being set up; and for how many dwells we wait for it
STALL_LIKE = 0.12  # of its class scores: what looked less like a stall was once mistaken for one
WEAKLY = math.log(2.2)  # what a weak sighting adds
CLEAR_SHARE = {"stall": 0.25, "debris": 0.7}  # of a site's class scores: a stall being set up is debris at times
GONE = math.log(8000)  # odds that a standing thing would have been seen again by now
ABSENCE = 0.25  # of a dwell that a candidate may be away
UNMOVED_IOU = 0.84  # of two boxes of one thing that never moved; who comes back stands a little beside
SEEN_WELL = 0.9  # recall of a thing whose misses in a row are none: it went, and came back
ELSEWHERE_IOU = 0.5  # of two boxes of one thing, of which one is of another place
FEWEST = 3  # looks that must agree before anything is told, however sure they make us
FEWEST_ALONE = 4  # hits, if no static change bears them out


def recall(site: Site) -> float:
    """Share of the looks that detect this thing while it stands here."""
    found = (site.hits + PRIOR_HITS) / (site.looks - site.misses + PRIOR_LOOKS)
    return min(max(found, LEAST_RECALL), MOST_RECALL)


def stands(site: Site, zone: Zone, now: datetime, *, change_there: bool = False) -> bool:
    """Whether a candidate's looks show one thing that has stood for the dwell and still does.

    change_there: whether the latest look tells of the static change that it made.
    """
    seen = site.stands_since is not None
    if site.hits - site.faint < (FEWEST if seen else FEWEST_ALONE) or site.visible_s < zone.dwell_s / (
        4 if seen else 2
    ):
        return False
    if site.hit_ratio < least_hits(site, zone) or not _shown(site, change_there=change_there):
        return False
    if _evidence(site) < (SURE if seen else SURE_ALONE) or _ambiguous(site):
        return False
    return stood_s(site, now) >= zone.dwell_s and not _grows(site, zone)


def least_hits(site: Site, zone: Zone) -> float:
    """The share of the visible time in which a site must have been detected.

    As in a sequential test, chance may withhold hits, not a share of them: much of few looks, little of many.
    """
    if site.stands_since is not None:
        return zone.hit_ratio * BORNE_OUT
    return max(zone.hit_ratio - CHANCE / max(site.looks, 1), 0.0)


def stood_s(site: Site, now: datetime) -> float:
    """How long it has stood: by its own looks and what they missed, held against what the background dates."""
    by_looks = site.stood_s + (unseen_s(site) if site.anew_at is None else 0.0)
    if site.stands_since is None:
        return by_looks
    if site.anew_at and site.anew_at >= site.stands_since:  # from a known moment on: nobody may be early by a guess
        return (now - site.anew_at).total_seconds()
    dated = (now - site.stands_since).total_seconds() + DATED_LATE_S
    return min(max(by_looks, dated), dated + DATED_LATE_S)


def unseen_s(site: Site) -> float:
    """How long a thing has, on average, stood before its first detection: half a look and the misses before a hit."""
    if site.looks < 2:
        return 0.0
    share = recall(site)
    return site.visible_s / (site.looks - 1) * (0.5 + (1 - share) / share)


def is_gone(site: Site, zone: Zone) -> bool:
    """Whether a place was seen empty for long enough, by enough looks that would have shown the thing."""
    return site.empty_s >= zone.clear_s and site.misses >= FEWEST and _quiet(site) >= GONE


def never_left(former: Site, site: Site) -> bool:
    """Whether a thing is what a case was made of that was cleared by mistake, while it stood there undetected.

    The background says so where it dates a change that is there now before the clearing. Where it never saw any, it is
    what stands in just the same box and looks the same, if it was never seen well.
    """
    if former.waived is not None:
        return False
    if site.stands_since is not None:
        return site.stands_since < former.last_seen_at
    like = alike(former.appearance, site.appearance)
    if former.stands_since is not None or (like is not None and like < ALIKE) or recall(former) > SEEN_WELL:
        return False
    return boxes.iou(former.box, site.box) >= UNMOVED_IOU


def moved_on(site: Site, box: Box) -> bool:
    """Whether what is seen in a box now is another thing: this one was found in nearly all looks, then missed.

    A vendor who packs up and stands half a stall's width further a minute later is seen there before the first place
    has been empty for long enough to be told.
    """
    if _quiet(site) < GONE or recall(site) <= SEEN_WELL:
        return False
    return boxes.iou(site.box, box) < ELSEWHERE_IOU


def has_left(site: Site, zone: Zone) -> bool:
    """Whether a candidate went before it was a violation; in a long dwell a short absence is none."""
    if site.misses < FEWEST or _quiet(site) < GONE:
        return False
    return site.empty_s >= max(ABSENCE * zone.dwell_s, min(zone.clear_s, zone.dwell_s / 2))


def _shown(site: Site, *, change_there: bool) -> bool:
    """Whether the latest look shows a candidate, or else its change: what is hidden or missed may have just left."""
    return site.last_verdict != "hidden" and (change_there or not site.misses)


def _quiet(site: Site) -> float:
    """Log odds that misses in a row are no chance."""
    return -site.misses * math.log(1 - recall(site))


def _evidence(site: Site) -> float:
    hit, miss = math.log(PRIOR_HITS / PRIOR_LOOKS / STRAY), math.log((1 - PRIOR_HITS / PRIOR_LOOKS) / (1 - STRAY))
    return hit * (site.hits - site.faint) + WEAKLY * site.faint + miss * (site.looks - site.hits)


def _grows(site: Site, zone: Zone) -> bool:
    """Whether debris that looks a little like a stall has grown, as a stall does that is being set up."""
    if site.class_name != "debris" or site.stood_s > GROWS * zone.dwell_s or _scores_less(site, "stall", STALL_LIKE):
        return False
    return boxes.area(site.box) > GROWN * boxes.area(site.origin)


def _ambiguous(site: Site) -> bool:
    """Whether it still looks like two things at once: a stall that is being set up."""
    return _scores_less(site, site.class_name, CLEAR_SHARE[site.class_name])


def _scores_less(site: Site, class_name: str, share: float) -> bool:
    """Whether a class has less than a share of all that the site scored."""
    scores = dict(site.scores)
    return scores.get(class_name, 0.0) < share * sum(scores.values())

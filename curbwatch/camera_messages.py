# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the patrol tells the API of a camera: what it is, how it is, and what stands there."""

from datetime import UTC, datetime

from api.times import stamp
from curbwatch.judging import Post
from curbwatch.messages import told
from curbwatch.settings import CameraSettings
from detector.health import Health
from detector.windows import WEEKDAYS, Window
from detector.zones import Zone


def about_camera(camera: CameraSettings) -> dict[str, object]:
    """A camera and its zones as PUT /cameras/{id} takes them."""
    zones = [_about_zone(zone.zone()) for zone in camera.zones]
    return {"name": camera.name or camera.id, "place": camera.place or None, "zones": zones}


def _about_zone(zone: Zone) -> dict[str, object]:
    about = {
        "name": zone.name,
        "polygon": [list(point) for point in zone.polygon],
        "classes": list(zone.classes),
        "kind": zone.kind,
        "windows": [_about_window(window) for window in zone.windows],
    }
    return about | ({"grade": zone.grade, "dwell_s": zone.dwell_s} if zone.kind == "watch" else {})


def _about_window(window: Window) -> dict[str, object]:
    return {
        "hours": window.hours,
        "weekdays": [WEEKDAYS[day] for day in window.weekdays],
        "holidays": window.holidays,
        "first": window.first and window.first.isoformat(),
        "last": window.last and window.last.isoformat(),
        "classes": list(window.classes),
    }


def standing_at(post: Post) -> list[dict[str, object]]:
    """What stands there of which the API has heard, as a case or as what may stand there."""
    heard = (site for site in post.watch.sites if site.is_open or (site.waived and site.told))
    return [{"key": site.key, "last_seen_at": stamp(site.last_seen_at)} for site in heard]


def state_of(post: Post) -> dict[str, object]:
    """How a camera is now, as PATCH /cameras takes it."""
    state = post.reader.state()
    return {
        "status": state.status,
        "frame_age_s": state.frame_age_s,
        "error": state.error,
        "codec": state.codec,
        "width": state.width,
        "height": state.height,
        "drops": state.drops,
        "reconnects": state.reconnects,
        "at": stamp(datetime.now(UTC)),
        "health": told_health(post.memory.health),
    }


def told_health(health: Health | None) -> dict[str, object] | None:
    """A camera's health as part of its state; None where nobody asks after it."""
    if health is None:
        return None
    about = {"state": health.state, "since": stamp(health.since), "shift": [health.shift.dx, health.shift.dy]}
    return about | (told(health.fault) if health.fault else {"reason": None, "text": None})

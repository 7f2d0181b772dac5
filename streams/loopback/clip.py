# SPDX-License-Identifier: AGPL-3.0-or-later
"""A recording made ready to be sent: every picture already cut into RTP payloads."""

import base64
from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
from av.video.stream import VideoStream

from streams.connection import TITLES
from streams.loopback.rtp import CLOCK, PAYLOAD_TYPE, nal_type, payloads, split_annexb

FILTERS = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
ENCODINGS = {"h264": "H264", "hevc": "H265"}
PARAMETER_SETS = {"h264": {7: "sps", 8: "pps"}, "hevc": {32: "vps", 33: "sps", 34: "pps"}}


@dataclass(frozen=True, slots=True)
class Picture:
    """One coded picture: when it is sent (seconds from the start of the clip) and when it is shown (90 kHz ticks)."""

    payloads: tuple[bytes, ...] = field(repr=False)
    send_s: float
    stamp: int
    key: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A whole recording in memory, beginning with a keyframe."""

    codec: str
    pictures: tuple[Picture, ...] = field(repr=False)
    parameter_sets: dict[str, bytes] = field(repr=False)
    duration: int  # 90 kHz ticks
    fps: float

    def due_s(self, number: int) -> float:
        """Seconds from the start of playing at which the number-th picture leaves, over all loops."""
        loops, index = divmod(number, len(self.pictures))
        return loops * self.duration / CLOCK + self.pictures[index].send_s

    def stamp(self, number: int) -> int:
        """Presentation time of the number-th picture in 90 kHz ticks, over all loops (not wrapped)."""
        loops, index = divmod(number, len(self.pictures))
        return loops * self.duration + self.pictures[index].stamp

    def keyframe_at(self, elapsed_s: float) -> int:
        """The number of the newest keyframe that was due after so many seconds of playing."""
        loops, rest_s = divmod(max(elapsed_s, 0.0), self.duration / CLOCK)
        index = bisect_right(self.pictures, rest_s, key=lambda picture: picture.send_s) - 1
        while index > 0 and not self.pictures[index].key:
            index -= 1
        return int(loops) * len(self.pictures) + max(index, 0)

    def sdp(self) -> str:
        """The session description a client is given, with the parameter sets in it."""
        sets = {name: base64.b64encode(nal).decode() for name, nal in self.parameter_sets.items()}
        if self.codec == "h264":
            details = f"packetization-mode=1;sprop-parameter-sets={sets['sps']},{sets['pps']}"
        else:
            details = ";".join(f"sprop-{name}={value}" for name, value in sets.items())
        return "\r\n".join(
            (
                "v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=loopback camera", "t=0 0", "a=control:*", "a=range:npt=now-",
                f"m=video 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} {ENCODINGS[self.codec]}/{CLOCK}",
                f"a=framerate:{self.fps:g}", f"a=fmtp:{PAYLOAD_TYPE} {details}", "a=control:track0", "",
            )
        )  # fmt: skip


def read_clip(path: Path) -> Clip:
    """Read an H.264 or H.265 recording; ValueError when it holds neither or does not begin with a keyframe."""
    with av.open(str(path), metadata_errors=TITLES) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context.codec.canonical_name
        if codec not in FILTERS:
            raise ValueError(f"{path} holds {codec}: encode it as H.264 or H.265 to play it as a camera")
        annexb = av.BitStreamFilterContext(FILTERS[codec], stream)
        fps = stream.average_rate or Fraction(25)
        coded = [out for packet in container.demux(stream) if packet.size for out in annexb.filter(packet)]
        base = stream.time_base or Fraction(1, CLOCK)
    units = [split_annexb(bytes(packet)) for packet in coded]
    sets = _parameter_sets(units[0] if units else [], codec)
    if len(sets) != len(PARAMETER_SETS[codec]) or not coded[0].is_keyframe:
        raise ValueError(f"{path} does not begin with a keyframe and its parameter sets: cut it at a keyframe")
    pictures = _pictures(coded, units, codec, base, fps)
    return Clip(codec, pictures, sets, round(len(pictures) * CLOCK / fps), float(fps))


def _pictures(
    coded: list["av.Packet[VideoStream]"], units: list[list[bytes]], codec: str, base: Fraction, fps: Fraction
) -> tuple[Picture, ...]:
    """Times count from the first decoding time; recordings without times (raw streams) get them from the rate."""
    timed = all(packet.dts is not None and packet.pts is not None for packet in coded)
    made = []
    for number, (packet, nals) in enumerate(zip(coded, units, strict=True)):
        first = coded[0].dts or 0
        sent = ((packet.dts or 0) - first) * base if timed else number / fps
        shown = ((packet.pts or 0) - first) * base if timed else number / fps
        cut = tuple(payload for nal in nals for payload in payloads(nal, codec))
        made.append(Picture(cut, float(sent), round(shown * CLOCK), packet.is_keyframe))
    return tuple(made)


def _parameter_sets(nals: list[bytes], codec: str) -> dict[str, bytes]:
    names = PARAMETER_SETS[codec]
    return {names[nal_type(nal, codec)]: nal for nal in nals if nal_type(nal, codec) in names}

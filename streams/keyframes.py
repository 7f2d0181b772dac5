# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keyframes of any number of cameras through a few decoders: a keyframe needs nothing of what came before it."""

from collections import OrderedDict
from threading import local

import av
from av.video.codeccontext import VideoCodecContext

from streams.coded import Coded, Track
from streams.decoder import as_packet, make_decoder

FINE = 0.5  # bits per pixel from which on a keyframe is coded so finely that smoothing its blocks changes nothing
WIDE = 1280  # pixels: what is narrower is hardly shrunk for the model
KEPT = 4  # decoders a thread keeps: one of 1080p holds about 10 MB, making one anew costs a tenth of a decode


class KeyframeDecoder:
    """A decoder for each of the last few kinds of stream (codec, parameter sets, how fine); for one thread.

    A decoder that met damage is thrown away, so that no camera's damage reaches another's picture.
    """

    def __init__(self, keep: int = KEPT) -> None:
        self._keep = keep
        self._decoders: OrderedDict[tuple[Track, bool], VideoCodecContext] = OrderedDict()

    def __len__(self) -> int:
        return len(self._decoders)

    def decode(self, coded: Coded) -> av.VideoFrame | None:
        """The picture of a keyframe; None when it cannot be decoded whole."""
        kind = coded.track, is_fine(coded)
        decoder = self._decoders.pop(kind, None) or make_decoder(coded.track, smooth=not kind[1])
        try:
            frames = [*decoder.decode(as_packet(coded)), *decoder.decode(None)]
        except av.error.FFmpegError:
            return None
        if not frames or frames[-1].is_corrupt:
            return None
        decoder.flush_buffers()  # what follows may be of another camera
        self._decoders[kind] = decoder
        if len(self._decoders) > self._keep:
            self._decoders.popitem(last=False)
        return frames[-1]


def is_fine(coded: Coded) -> bool:
    """Whether a keyframe is large and finely coded: then a tenth of its decoding can be left out."""
    pixels = coded.track.width * coded.track.height
    return coded.track.width >= WIDE and 8 * len(coded.data) >= FINE * pixels


class _PerThread(local):
    def __init__(self) -> None:
        self.decoder = KeyframeDecoder()


_here = _PerThread()


def decode_keyframe(coded: Coded) -> av.VideoFrame | None:
    """The picture of a keyframe, decoded with the calling thread's decoders; None when it is not whole."""
    return _here.decoder.decode(coded)

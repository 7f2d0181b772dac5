# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keyframes of any number of cameras through a few decoders: a keyframe needs nothing of what came before it."""

from collections import OrderedDict
from threading import local

import av
from av.video.codeccontext import VideoCodecContext

from streams.coded import Coded, Track
from streams.decoder import as_packet, make_decoder

KEPT = 4  # decoders a thread keeps: one of 1080p holds about 10 MB, making one anew costs a tenth of a decode


class KeyframeDecoder:
    """A decoder for each of the last few kinds of stream (codec and parameter sets); for one thread.

    A decoder that met damage is thrown away, so that no camera's damage reaches another's picture.
    """

    def __init__(self, keep: int = KEPT) -> None:
        self._keep = keep
        self._decoders: OrderedDict[Track, VideoCodecContext] = OrderedDict()

    def __len__(self) -> int:
        return len(self._decoders)

    def decode(self, coded: Coded) -> av.VideoFrame | None:
        """The picture of a keyframe; None when it cannot be decoded whole."""
        decoder = self._decoders.pop(coded.track, None) or make_decoder(coded.track)
        try:
            frames = [*decoder.decode(as_packet(coded)), *decoder.decode(None)]
        except av.error.FFmpegError:
            return None
        if not frames or frames[-1].is_corrupt:
            return None
        decoder.flush_buffers()  # what follows may be of another camera
        self._decoders[coded.track] = decoder
        if len(self._decoders) > self._keep:
            self._decoders.popitem(last=False)
        return frames[-1]


class _PerThread(local):
    def __init__(self) -> None:
        self.decoder = KeyframeDecoder()


_here = _PerThread()


def decode_keyframe(coded: Coded) -> av.VideoFrame | None:
    """The picture of a keyframe, decoded with the calling thread's decoders; None when it is not whole."""
    return _here.decoder.decode(coded)

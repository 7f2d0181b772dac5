# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong between a frame and a violation.

DetectorError
├── ManifestError   the model's manifest cannot be read or does not fit its weights
├── SessionError    the inference engine refuses the model or a batch
├── GroundError     a camera's ground calibration contradicts itself
├── WindowError     a permitted window never opens or cannot be read
└── ZoneError       a zone's polygon or rule cannot be used
"""


class DetectorError(Exception):
    """Base of every error the detector raises; its text says what to do next."""


class ManifestError(DetectorError):
    """The manifest or its weights file is missing, damaged or does not fit."""


class SessionError(DetectorError):
    """The inference engine refuses the model or a batch."""


class GroundError(DetectorError):
    """A ground calibration from which no place on the ground follows."""


class WindowError(DetectorError):
    """A permitted window that cannot be read or never opens."""


class ZoneError(DetectorError):
    """A zone's polygon is no usable area, or its rule can never judge anything."""

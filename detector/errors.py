# SPDX-License-Identifier: AGPL-3.0-or-later
"""What can go wrong between a frame and a violation.

DetectorError
├── ManifestError   the model's manifest cannot be read or does not fit its weights
├── SessionError    the inference engine refuses the model or a batch
└── ZoneError       a zone's polygon cannot be used
"""


class DetectorError(Exception):
    """Base of every error the detector raises; its text says what to do next."""


class ManifestError(DetectorError):
    """The manifest or its weights file is missing, damaged or does not fit."""


class SessionError(DetectorError):
    """The inference engine refuses the model or a batch."""


class ZoneError(DetectorError):
    """A zone's polygon is no usable area."""

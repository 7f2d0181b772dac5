# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one module that knows what a YOLO head prints."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.detections import Detections
from detector.errors import ManifestError, SessionError
from detector.manifest import Manifest

MOST = 300  # boxes per picture: yolo26 prints as many, and a street holds fewer
FAINT = 0.15  # score from which a person is blurred: rather a wheel too many than a face


def check_head(manifest: Manifest, shape: tuple[int, ...]) -> None:
    """Refuse weights whose output does not fit the manifest's head and classes (ManifestError)."""
    wanted = 6 if manifest.head == "yolo26" else 4 + len(manifest.classes)
    axis = 2 if manifest.head == "yolo26" else 1
    if len(shape) != 3 or shape[axis] != wanted:
        raise ManifestError(
            f"{manifest.name}: a {manifest.head} head with {len(manifest.classes)} classes prints {wanted} "
            f"values a box, these weights print {list(shape)}; correct `head` or `classes` in the manifest"
        )


def decode(output: NDArray[np.float32], manifest: Manifest, floors: NDArray[np.float32]) -> Detections:
    """Read one picture's output into detections in pixels of the square, best first.

    output: float32[4+C,A] for yolo8/yolo11 (centre, size, class scores; ultralytics' raw export) or
    float32[300,6] for yolo26 (xyxy, score, class; its end-to-end export). floors: float32[C], lowest score kept.
    People are besides found apart from all else, so that whom one blurs changes nothing of what one decides on.
    """
    found = _decode(output, manifest, floors)
    if "person" not in manifest.classes:
        return found
    people_only = np.array([FAINT if name == "person" else np.inf for name in manifest.classes], np.float32)
    return replace(found, people=_decode(output, manifest, people_only).xyxy)


def _decode(output: NDArray[np.float32], manifest: Manifest, floors: NDArray[np.float32]) -> Detections:
    if manifest.head == "yolo26":
        return _decode_end_to_end(output, floors, manifest.name)
    return _decode_raw(output, floors, manifest.iou)


def _decode_end_to_end(output: NDArray[np.float32], floors: NDArray[np.float32], name: str) -> Detections:
    class_id = output[:, 5].astype(np.int64)
    keep = output[:, 4] >= floors[np.clip(class_id, 0, len(floors) - 1)]
    # this head's shape does not tell its classes, so weights of another model show only here
    if (odd := class_id[keep & ((class_id < 0) | (class_id >= len(floors)))]).size:
        raise SessionError(
            f"{name}: the weights print class {odd[0]}, `classes` names {len(floors)}; correct the manifest"
        )
    return Detections(output[keep, :4], output[keep, 4], class_id[keep])


def _decode_raw(output: NDArray[np.float32], floors: NDArray[np.float32], iou: float) -> Detections:
    scores = output[4:]
    candidate = (scores >= floors[:, None]).any(axis=0)
    boxes, scores = output[:4, candidate].T, scores[:, candidate]
    scores = np.where(scores >= floors[:, None], scores, 0)
    class_id = scores.argmax(axis=0) if scores.size else np.zeros(0, np.int64)
    confidence = scores.max(axis=0) if scores.size else np.zeros(0, np.float32)
    corner = np.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, 2:]], axis=1)
    keep = suppress(corner, confidence, class_id, iou)
    xyxy = np.concatenate([corner[:, :2], corner[:, :2] + corner[:, 2:]], axis=1)
    return Detections(xyxy[keep], confidence[keep].astype(np.float32), class_id[keep].astype(np.int64))


def suppress(
    xywh: NDArray[np.float32], confidence: NDArray[np.float32], class_id: NDArray[np.int64], iou: float
) -> NDArray[np.int64]:
    """Per-class non-maximum suppression; returns the indices kept, best first, at most 300."""
    if not len(confidence):
        return np.zeros(0, np.int64)
    kept = cv2.dnn.NMSBoxesBatched(xywh.astype(np.float64).tolist(), confidence.tolist(), class_id.tolist(), 0.0, iou)
    order = np.asarray(kept, np.int64).reshape(-1)
    return order[np.argsort(-confidence[order], kind="stable")][:MOST]

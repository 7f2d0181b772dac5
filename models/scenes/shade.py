# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shadows on the ground, drawn from the mesh: several times cheaper than Blender's shadow catcher."""

from __future__ import annotations

import math

import cv2
import numpy as np

from models.scenes.assets import Crop, Light, Pixels
from models.scenes.camera import Camera
from models.scenes.shapes import Floats, Shape

GAMMA = 2.2
SKY_KEPT = 0.8
CONTACT_SHADE, CONTACT_M, CONTACT_BLUR_PX = 0.4, 0.35, 5.0
BLUR_PX, BLUR_PX_PER_RADIAN = 1.2, 25.0


def shadow(shape: Shape, camera: Camera, light: Light, ground_z: float, crop: Crop) -> Floats:
    """The shade on the ground under a shape: float32[H,W], 0 lit to 1 black."""
    sun = np.asarray(light.to_sun)
    fallen = shape.verts - np.maximum(shape.verts[:, 2:] - ground_z, 0.0) / sun[2] * sun
    cast = _filled(fallen, shape.faces, camera, crop, BLUR_PX + BLUR_PX_PER_RADIAN * light.soft)
    flat = np.column_stack([shape.verts[:, :2], np.full(len(shape.verts), ground_z)])
    low = tuple(face for face in shape.faces if shape.verts[face[0], 2] < ground_z + CONTACT_M)
    near = _filled(flat, low, camera, crop, CONTACT_BLUR_PX)
    return np.asarray(1 - (1 - depth_of_shade(light) * cast) * (1 - CONTACT_SHADE * near), dtype=np.float32)


def depth_of_shade(light: Light) -> float:
    """How much darker (0..1, display values) the ground is where the sun does not reach."""
    x, y, z = light.to_sun
    from_sun = light.sun * z / math.sqrt(x * x + y * y + z * z)
    from_sky = math.pi * light.sky * SKY_KEPT
    return float(1 - (from_sky / (from_sky + from_sun)) ** (1 / GAMMA))


def _filled(points: Floats, faces: tuple[tuple[int, ...], ...], camera: Camera, crop: Crop, blur_px: float) -> Floats:
    """Faces filled with 1 at their projected places: float32[H,W]."""
    mask = np.zeros((crop[3] - crop[1], crop[2] - crop[0]), np.float32)
    pixels = np.round(camera.project(points)[:, :2] - np.array(crop[:2])).astype(np.int32)
    for face in faces:
        cv2.fillPoly(mask, [pixels[list(face)]], 1.0)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), blur_px))


def over_shadow(body: Pixels, shade: Floats) -> Pixels:
    """Lays a cut-out over black shade: uint8[H,W,4] BGRA, straight alpha."""
    alpha = body[:, :, 3:].astype(np.float32) / 255.0
    whole = alpha + shade[:, :, None] * (1 - alpha)
    colour = body[:, :, :3] * alpha / np.maximum(whole, 1e-4)
    return np.concatenate([colour, whole * 255.0], axis=2).round().astype(np.uint8)

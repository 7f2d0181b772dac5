# SPDX-License-Identifier: AGPL-3.0-or-later
"""The one door to Blender: materials, meshes, light, and rendering of whole pictures or crops."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import cv2
import numpy as np
import numpy.typing as npt
from mathutils import Matrix

from models.scenes.camera import Camera
from models.scenes.nodes import dress, glow_with_depth
from models.scenes.palette import Surface
from models.scenes.shapes import Floats, Part, merge

Pixels = npt.NDArray[np.uint8]
Crop = tuple[int, int, int, int]
DEPTH_RANGE_M = 80.0
SENSOR_MM = 36.0
HAIR_PX = 0.25  # Blender cuts borders to whole pixels; without it a float error costs a row


@dataclass(slots=True)
class Stage:
    """A Blender scene with its camera and the materials made so far."""

    camera: Camera
    surfaces: dict[str, Surface]
    made: dict[str, Any] = field(default_factory=dict)

    @property
    def scene(self) -> Any:
        """Blender's current scene."""
        return bpy.context.scene


@dataclass(frozen=True, slots=True)
class Light:
    """Sun direction (unit vector from the ground to the sun), its strength and softness in radians, sky strength."""

    to_sun: tuple[float, float, float]
    sun: float = 3.2
    soft: float = 0.03
    sky: float = 0.9
    sky_colour: tuple[float, float, float] = (0.62, 0.76, 1.0)


def open_stage(
    camera: Camera, surfaces: dict[str, Surface], light: Light, samples: int = 32, clean: bool = True
) -> Stage:
    """Starts an empty Cycles scene seen by `camera`; `clean` pictures are denoised."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    stage = Stage(camera, surfaces)
    scene = stage.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_denoising, cycles.max_bounces = "CPU", samples, clean, 4 if clean else 2
    cycles.use_adaptive_sampling, cycles.adaptive_threshold = clean, 0.03
    cycles.denoising_quality, cycles.denoising_prefilter = "BALANCED", "FAST"
    scene.render.resolution_x, scene.render.resolution_y = camera.size
    scene.render.use_persistent_data = True
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.exposure = -0.1
    _place_camera(stage)
    _place_light(stage, light)
    return stage


def _place_camera(stage: Stage) -> None:
    data = bpy.data.cameras.new("camera")
    data.sensor_width, data.lens = SENSOR_MM, stage.camera.focal_px / stage.camera.size[0] * SENSOR_MM
    eye = bpy.data.objects.new("camera", data)
    right, up, forward = stage.camera.axes()
    columns = np.stack([right, up, -forward], axis=1)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = columns, stage.camera.position
    eye.matrix_world = Matrix(pose.tolist())
    stage.scene.collection.objects.link(eye)
    stage.scene.camera = eye


def _place_light(stage: Stage, light: Light) -> None:
    world = bpy.data.worlds.new("sky")
    stage.scene.world = world
    world.use_nodes = True
    sky = world.node_tree.nodes["Background"]
    sky.inputs[0].default_value, sky.inputs[1].default_value = (*light.sky_colour, 1), light.sky
    data = bpy.data.lights.new("sun", "SUN")
    data.energy, data.angle, data.color = light.sun, light.soft, (1.0, 0.93, 0.82)
    sun = bpy.data.objects.new("sun", data)
    x, y, z = light.to_sun
    sun.rotation_euler = (0.0, math.acos(z / math.sqrt(x * x + y * y + z * z)), math.atan2(y, x))
    stage.scene.collection.objects.link(sun)


def material(stage: Stage, name: str) -> Any:
    """The Blender material of a surface in the palette, made once."""
    if name not in stage.made:
        stage.made[name] = _make_material(name, stage.surfaces[name])
    return stage.made[name]


def _make_material(name: str, surface: Surface) -> Any:
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    dress(made.node_tree, surface)
    return made


def add(stage: Stage, parts: Iterable[Part]) -> list[Any]:
    """Puts parts into the scene, one Blender object per material and finish."""
    groups: dict[tuple[str, bool, float, float, float], list[Part]] = defaultdict(list)
    for part in parts:
        groups[(part.material, part.smooth, part.melt_m, part.crumple_m, part.bevel_m)].append(part)
    return [_add_group(stage, *key, merge(p.shape for p in group)) for key, group in groups.items()]


def _add_group(
    stage: Stage, name: str, smooth: bool, melt_m: float, crumple_m: float, bevel_m: float, shape: Any
) -> Any:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(shape.verts.tolist(), [], [list(f) for f in shape.faces])
    mesh.polygons.foreach_set("use_smooth", [smooth] * len(mesh.polygons))
    mesh.materials.append(material(stage, name))
    thing = bpy.data.objects.new(name, mesh)
    stage.scene.collection.objects.link(thing)
    _finish(thing, melt_m, crumple_m, bevel_m)
    return thing


def _finish(thing: Any, melt_m: float, crumple_m: float, bevel_m: float) -> None:
    """Adds the modifiers that fuse, crumple or bevel a mesh (sizes in metres)."""
    if melt_m:
        fuse = thing.modifiers.new("fuse", "REMESH")
        fuse.mode, fuse.voxel_size, fuse.use_smooth_shade = "VOXEL", melt_m, True
        calm = thing.modifiers.new("calm", "SMOOTH")
        calm.iterations = 3
    if crumple_m:
        _crumple(thing, crumple_m)
    if bevel_m:
        edge = thing.modifiers.new("edge", "BEVEL")
        edge.width, edge.segments, edge.limit_method = bevel_m, 3, "ANGLE"


def _crumple(thing: Any, depth_m: float) -> None:
    """Lumps first, then the sharp ridges of folded plastic."""
    for kind, size, share in (("CLOUDS", 7.0, 1.6), ("VORONOI", 3.2, 1.7), ("VORONOI", 1.5, 0.9)):
        folds = bpy.data.textures.new("crumple", kind)
        folds.noise_scale = depth_m * size
        push = thing.modifiers.new("crumple", "DISPLACE")
        push.texture, push.strength, push.texture_coords = folds, depth_m * share, "GLOBAL"


def show(things: Iterable[Any], seen: bool) -> None:
    """Shows or hides objects in renders."""
    for thing in things:
        thing.hide_render = not seen


def remove(things: Iterable[Any]) -> None:
    """Takes objects and their meshes out of the file."""
    for thing in things:
        data = thing.data
        bpy.data.objects.remove(thing)
        if isinstance(data, bpy.types.Mesh):
            bpy.data.meshes.remove(data)


def render(stage: Stage, out: Path, crop: Crop | None = None, samples: int = 32, clear: bool = False) -> Pixels:
    """Renders the picture, or a crop x0, y0, x1, y1 in pixels, to a PNG; returns uint8[H,W,4] BGRA."""
    render_settings = stage.scene.render
    stage.scene.cycles.samples, render_settings.film_transparent = samples, clear
    _set_crop(stage, crop)
    render_settings.image_settings.file_format = "PNG"
    render_settings.image_settings.color_mode, render_settings.image_settings.color_depth = "RGBA", "8"
    render_settings.filepath = str(out)
    bpy.ops.render.render(write_still=True)
    return np.asarray(cv2.imread(str(out), cv2.IMREAD_UNCHANGED), dtype=np.uint8)


def _set_crop(stage: Stage, crop: Crop | None) -> None:
    settings = stage.scene.render
    settings.use_border = settings.use_crop_to_border = crop is not None
    if crop is not None:
        width, height = stage.camera.size
        x0, y0, x1, y1 = (edge + HAIR_PX for edge in (crop[0], height - crop[3], crop[2], height - crop[1]))
        settings.border_min_x, settings.border_max_x = x0 / width, x1 / width
        settings.border_min_y, settings.border_max_y = y0 / height, y1 / height


def render_depth(stage: Stage, out: Path, crop: Crop | None) -> Floats:
    """Renders the distance along the view axis: float64[H,W] in metres, capped at DEPTH_RANGE_M."""
    scene, layer = stage.scene, stage.scene.view_layers[0]
    kept = (
        scene.view_settings.view_transform,
        scene.view_settings.exposure,
        scene.cycles.use_denoising,
        scene.cycles.filter_width,
    )
    scene.view_settings.view_transform, scene.view_settings.exposure = "Raw", 0.0
    scene.cycles.use_denoising, scene.cycles.filter_width = False, 0.01
    layer.material_override = _depth_material()
    _set_crop(stage, crop)
    images = scene.render.image_settings
    images.file_format, images.color_mode, images.color_depth = "PNG", "RGB", "16"
    scene.cycles.samples, scene.render.film_transparent, scene.render.filepath = 1, False, str(out)
    bpy.ops.render.render(write_still=True)
    layer.material_override = None
    (
        scene.view_settings.view_transform,
        scene.view_settings.exposure,
        scene.cycles.use_denoising,
        scene.cycles.filter_width,
    ) = kept
    return read_depth(out)


def read_depth(path: Path) -> Floats:
    """Reads a depth PNG: float64[H,W] in metres."""
    raw = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
    return raw[:, :, 0].astype(np.float64) / 65535.0 * DEPTH_RANGE_M


def _depth_material() -> Any:
    made = bpy.data.materials.new("depth")
    made.use_nodes = True
    glow_with_depth(made.node_tree, DEPTH_RANGE_M)
    return made

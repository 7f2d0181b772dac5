# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shader node trees: a surface of the palette, and the depth picture."""

from __future__ import annotations

import math
from typing import Any

from models.scenes.palette import Surface


def dress(tree: Any, surface: Surface) -> None:
    """Makes a new material's tree look like a surface."""
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*surface.colour, 1)
    shader.inputs["Roughness"].default_value = surface.rough
    shader.inputs["Metallic"].default_value = surface.metal
    shader.inputs["Alpha"].default_value = surface.alpha
    if surface.glow:
        shader.inputs["Emission Color"].default_value = (*surface.colour, 1)
        shader.inputs["Emission Strength"].default_value = surface.glow
    place = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
    colour = _pattern(tree, surface, place)
    if surface.noise:
        colour = _dirt(tree, surface, place, colour)
    if colour is not None:
        tree.links.new(colour, shader.inputs["Base Color"])


def _pattern(tree: Any, surface: Surface, place: Any) -> Any:
    """A tile, brick or stripe texture in the surface's two colours, or nothing."""
    if not surface.tile_m:
        return None
    node = tree.nodes.new("ShaderNodeTexBrick")
    node.offset = surface.brick_offset
    second = surface.second or tuple(c * 0.82 for c in surface.colour)
    node.inputs["Color1"].default_value, node.inputs["Color2"].default_value = (*surface.colour, 1), (*second, 1)
    node.inputs["Mortar"].default_value = (*[c * surface.joint for c in surface.colour], 1)
    node.inputs["Scale"].default_value = 1.0
    node.inputs["Brick Width"].default_value, node.inputs["Row Height"].default_value = surface.tile_m
    node.inputs["Mortar Size"].default_value = surface.joint_m
    if surface.upright:
        turn = tree.nodes.new("ShaderNodeMapping")
        turn.inputs["Rotation"].default_value = (math.pi / 2, 0, 0)
        tree.links.new(place, turn.inputs["Vector"])
        place = turn.outputs[0]
    tree.links.new(place, node.inputs["Vector"])
    return node.outputs["Color"]


def _dirt(tree: Any, surface: Surface, place: Any, colour: Any) -> Any:
    """Multiplies the colour by cloudy noise of the surface's scale and strength."""
    ramp = tree.nodes.new("ShaderNodeValToRGB")
    ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.3, 0.72
    low, high = 1 - surface.dirt, 1 + 0.35 * surface.dirt
    ramp.color_ramp.elements[0].color, ramp.color_ramp.elements[1].color = (low, low, low, 1), (high, high, high, 1)
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = surface.noise, 12
    noise.inputs["Roughness"].default_value = 0.72
    tree.links.new(place, noise.inputs["Vector"])
    tree.links.new(noise.outputs[0], ramp.inputs[0])
    mix = tree.nodes.new("ShaderNodeMix")
    mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
    mix.inputs["Factor"].default_value = 1.0
    mix.inputs["A"].default_value = (*surface.colour, 1)
    if colour is not None:
        tree.links.new(colour, mix.inputs["A"])
    tree.links.new(ramp.outputs[0], mix.inputs["B"])
    return mix.outputs["Result"]


def glow_with_depth(tree: Any, range_m: float) -> None:
    """Makes a tree emit the distance along the view axis as a share of `range_m`."""
    tree.nodes.clear()
    distance = tree.nodes.new("ShaderNodeCameraData").outputs["View Z Depth"]
    scale = tree.nodes.new("ShaderNodeMath")
    scale.operation = "DIVIDE"
    scale.inputs[1].default_value = range_m
    glow, out = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(distance, scale.inputs[0])
    tree.links.new(scale.outputs[0], glow.inputs["Color"])
    tree.links.new(glow.outputs[0], out.inputs["Surface"])

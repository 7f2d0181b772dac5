# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is told of a faulty camera: what is wrong, and what to do."""

from detector.language import Language

CAMERA_TEXTS: dict[str, dict[Language, str]] = {
    "camera_black": {
        "en": "the picture is black: check the lens cap, the camera's power supply and its day and night switching",
        "zh": "画面全黑：请检查镜头盖、摄像机供电及日夜切换",
    },
    "camera_frozen": {
        "en": "the same picture for {seconds:.0f} s: restart the camera or the recorder it comes through",
        "zh": "画面已静止 {seconds:.0f} 秒：请重启摄像机或其接入的录像设备",
    },
    "camera_blurred": {
        "en": "only {share:.0%} of its usual sharpness: clean the lens or set its focus",
        "zh": "清晰度仅为平时的 {share:.0%}：请清洁镜头或重新对焦",
    },
    "camera_covered": {
        "en": "{share:.0%} of the view is hidden: remove what stands or hangs before the lens",
        "zh": "视野被遮挡 {share:.0%}：请移除镜头前的遮挡物",
    },
    "camera_overexposed": {
        "en": "{share:.0%} of the picture is white: check exposure, and whether a lamp or the sun shines into the lens",
        "zh": "画面 {share:.0%} 过曝：请检查曝光设置及是否有强光直射镜头",
    },
    "camera_corrupted": {
        "en": "{share:.0%} of the picture is grey or smeared: check cable and network, set transport to tcp",
        "zh": "画面 {share:.0%} 花屏：请检查线路与网络，并将 transport 设为 tcp",
    },
    "camera_moved": {
        "en": "turned by {dx:+.0%} of the width, {dy:+.0%} of the height and {degrees:+.1f}°: its zones rest; "
        "turn it back, or draw its zones anew",
        "zh": "摄像机已偏转：水平 {dx:+.0%}，垂直 {dy:+.0%}，旋转 {degrees:+.1f}°；区域已暂停，请复位或重新绘制区域",
    },
    "camera_moved_unclear": {
        "en": "shows another view than before: its zones rest; see whether it was turned or something hangs before it, "
        "then turn it back or draw its zones anew",
        "zh": "画面与原先不同：区域已暂停，请查看是否被转动或遮挡，复位或重新绘制区域",
    },
}

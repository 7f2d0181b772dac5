# SPDX-License-Identifier: AGPL-3.0-or-later
"""The words for how something was decided: rules, looks, places, device tickets, and what became no case."""

from api.text import Text

WHY_TEXTS: dict[str, Text] = {
    "rule.hit_ratio": Text("命中率", "hit ratio"),
    "rule.dwell_s": Text("立案停留", "dwell"),
    "rule.grade": Text("路段等级", "road grade"),
    "rule.over": Text("同时适用", "also in"),
    "grade.strict": Text("严禁", "strict"),
    "grade.controlled": Text("严控", "controlled"),
    "grade.orderly": Text("有序", "orderly"),
    "verdict.hit": Text("看到", "seen"),
    "verdict.weak": Text("疑似（按四分之一计）", "seen, unsure: counts a quarter"),
    "verdict.miss": Text("未见", "not seen"),
    "verdict.hidden": Text("被遮挡", "hidden"),
    "verdict.blind": Text("画面无效", "no usable picture"),
    "verdict.permitted": Text("允许摆放（不计入）", "may stand there, does not count"),
    "verdict.changed": Text("静态变化佐证", "borne out by static change"),
    "verdict.held": Text("静态变化维持", "kept by static change"),
    # what is recommended, and what belongs together
    "case.advice": Text("处置建议", "Recommended action"),
    "case.advice.hint": Text("系统建议，由人工决定", "The system recommends, a person decides"),
    "case.linked": Text("另一摄像机的同一对象", "The same thing, by another camera"),
    "case.earlier": Text("该地点的上一案件", "The case before at this place"),
    "case.chased": Text("由此处转移而来", "Moved here from"),
    # device tickets
    "ticket.open": Text("设备工单", "Device ticket"),
    "ticket.since": Text("自", "since"),
    "camera.shift": Text("画面轻微偏移，区域已随之校正", "The picture has shifted a little, its zones follow"),
    # why not
    "why.link": Text("为何未立案？", "Why not?"),
    "why.title": Text("{name}：为何未立案", "{name}: why not?"),
    "why.at": Text("时间（城市时间）", "Moment (city time)"),
    "why.ask": Text("查询", "Ask"),
    "why.case": Text("打开案件", "Open the case"),
    "why.entries": Text("未立案的候选", "Candidates that did not become cases"),
    "why.none": Text("保留期内没有未立案的候选。", "No candidate is kept that did not become a case."),
    "why.none_kept": Text("没有图片", "no picture"),
    "why.picture": Text("{what}，{zone}，首次发现时", "{what}, {zone}, at first sight"),
    "why.older": Text("更早", "Older"),
    "why.back": Text("返回摄像机", "Back to the cameras"),
    "why.from_to": Text("{first} 至 {last}", "{first} to {last}"),
    "why.skipped": Text("此前另有 {n} 个候选因过多未保留", "{n} more before it were too many to keep"),
}

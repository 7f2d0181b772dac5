# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every word of the page, in both languages; keys that start with `js.` travel to the browser."""

from api.page.why_texts import WHY_TEXTS
from api.text import Text
from detector.language import Language

TEXTS: dict[str, Text] = {
    "html_lang": Text("zh-CN", "en"),
    "brand": Text("街面巡查", "Curbwatch"),
    "brand.sub": Text("占道经营 · 乱堆物料", "stalls and piled debris"),
    "nav": Text("主导航", "Main navigation"),
    "nav.wall": Text("案件墙", "Cases"),
    "nav.cameras": Text("摄像机", "Cameras"),
    "nav.report": Text("统计", "Report"),
    "report.title": Text("案件统计", "Report"),
    "report.days": Text("近 {n} 天", "last {n} days"),
    "report.what": Text("{since} 至 {until} 登记的案件。", "Cases registered from {since} to {until}."),
    "report.how": Text(
        "属实率按已核实案件计算；各环节为自登记起的平均用时（自然时间，含夜间与节假日），悬停可见中位数与最长用时。",
        "True: of the cases that people decided on. Times are means from registration, nights and holidays included; "
        "point at one to see its median and the longest.",
    ),
    "report.spread": Text("{n} 宗，中位数 {median}，最长 {longest}", "{n} cases, median {median}, longest {longest}"),
    "report.of": Text("范围", "of"),
    "report.total": Text("全部", "all"),
    "report.registered": Text("登记", "registered"),
    "report.waiting": Text("待核实", "waiting"),
    "report.true": Text("属实率", "true"),
    "report.returned": Text("复发", "returned"),
    "report.decided": Text("核实用时", "decided"),
    "report.dispatched": Text("派遣用时", "dispatched"),
    "report.handled": Text("处置用时", "handled"),
    "report.cleared": Text("现场清除用时", "cleared"),
    "report.closed": Text("结案用时", "closed"),
    "lasted.s": Text("{n} 秒", "{n} s"),
    "lasted.min": Text("{n} 分钟", "{n} min"),
    "lasted.h": Text("{n} 小时", "{n} h"),
    "lasted.d": Text("{n} 天", "{n} d"),
    "skip": Text("跳到正文", "Skip to content"),
    "language.other": Text("English", "中文"),
    "language.switch": Text("Switch to English", "切换到中文"),
    "sound": Text("新案件提示音", "Sound for new cases"),
    "logout": Text("退出", "Sign out"),
    "signed_in_as": Text("当前用户", "Signed in as"),
    "clock": Text("城市时间", "City time"),
    # roles
    "role.admin": Text("管理员", "administrator"),
    "role.operator": Text("值班员", "operator"),
    "role.viewer": Text("只读", "viewer"),
    "role.patrol": Text("巡查程序", "patrol"),
    # footer
    "footer.version": Text("版本 {version}", "Version {version}"),
    "footer.licence": Text(
        "自由软件，GNU Affero 通用公共许可证第 3 版或更高版本，无担保。",
        "Free software under the GNU Affero General Public License, version 3 or later, without warranty.",
    ),
    "footer.source": Text("源代码", "Source code"),
    # sign in
    "login.title": Text("登录", "Sign in"),
    "login.lead": Text("请使用账号登录，或输入 API 密钥。", "Use your account, or an API key."),
    "login.by_password": Text("账号密码", "Name and password"),
    "login.by_token": Text("API 密钥", "API key"),
    "login.name": Text("用户名", "Name"),
    "login.password": Text("密码", "Password"),
    "login.token": Text("API 密钥", "API key"),
    "login.token_hint": Text("以 cw_ 开头，由 curbwatch keys add 生成", "Starts with cw_, made by curbwatch keys add"),
    "login.submit": Text("登录", "Sign in"),
    # statuses
    "status.new": Text("待核实", "New"),
    "status.confirmed": Text("已立案", "Confirmed"),
    "status.dispatched": Text("已派遣", "Dispatched"),
    "status.handled": Text("已处置", "Handled"),
    "status.closed": Text("已结案", "Closed"),
    "status.false_alarm": Text("误报", "False alarm"),
    "status.open": Text("未结案件", "Open"),
    "status.all": Text("全部", "All"),
    # classes
    "class.stall": Text("占道经营", "Stall"),
    "class.debris": Text("乱堆物料", "Debris"),
    # wall
    "wall.title": Text("案件墙", "Case wall"),
    "wall.filter": Text("筛选案件", "Filter cases"),
    "wall.class": Text("类别", "Class"),
    "wall.class.any": Text("全部类别", "All classes"),
    "wall.camera": Text("摄像机", "Camera"),
    "wall.camera.any": Text("全部摄像机", "All cameras"),
    "wall.apply": Text("应用", "Apply"),
    "wall.find": Text("查找", "Find"),
    "wall.find.words": Text("编号、摄像机、位置或区域", "Number, camera, place or zone"),
    "wall.find.since": Text("登记自", "Registered from"),
    "wall.find.until": Text("至", "to"),
    "wall.find.go": Text("查找", "Find"),
    "wall.online": Text("{live}/{n} 路摄像机在线", "{live}/{n} cameras live"),
    "wall.older": Text("显示更早的案件", "Show older cases"),
    "wall.cameras": Text("摄像机状态", "Camera state"),
    "wall.cases": Text("案件列表", "Cases"),
    "wall.empty.open": Text("当前没有未结案件", "No open case"),
    "wall.empty.other": Text("没有符合条件的案件", "No case matches this filter"),
    "wall.empty.all": Text("查看全部案件", "Show all cases"),
    "wall.watched.0": Text(
        "还没有摄像机上报。用 curbwatch run 启动巡查后，摄像机会出现在这里。",
        "No camera has reported yet. Start the patrol with curbwatch run and its cameras appear here.",
    ),
    "wall.watched.1": Text("正在巡查 1 路摄像机。", "1 camera watched."),
    "wall.watched.some": Text(
        "{n} 路摄像机中只有 {live} 路在线，请看摄像机状态。",
        "Only {live} of {n} cameras live: see the camera state.",
    ),
    "wall.watched.n": Text("正在巡查 {n} 路摄像机。", "{n} cameras watched."),
    "wall.keys": Text("J / K 选择案件，Enter 打开", "J / K choose a case, Enter opens it"),
    "card.standing": Text("已持续", "standing"),
    "card.last_seen": Text("无画面，最后看到", "no picture, last seen"),
    "card.cleared": Text("已清除，共持续", "cleared, stood"),
    "card.relapses": Text("本案中离开后又出现 {n} 次", "gone and back ×{n} in this case"),
    "card.no_picture": Text("等待取证图片", "waiting for the picture"),
    "card.alt": Text(
        "案件 {id} 的取证图片：{what}，{camera}，{zone}", "Evidence picture of case {id}: {what}, {camera}, {zone}"
    ),
    # cameras
    "cameras.title": Text("摄像机", "Cameras"),
    "cameras.zones": Text("巡查区域", "Zones"),
    "cameras.no_zones": Text("没有设置区域", "No zone is set"),
    "cameras.removed": Text("已移除的摄像机", "Removed cameras"),
    "cameras.removed.why": Text(
        "已从配置中移除，不再巡查；案件与记录仍保留。",
        "No longer in the settings and not watched; their cases and records stay.",
    ),
    "cameras.removed.at": Text("移除于", "removed"),
    "cameras.cases": Text("该摄像机的案件", "Cases of this camera"),
    "camera.live": Text("在线", "Live"),
    "camera.connecting": Text("连接中", "Connecting"),
    "camera.retrying": Text("重连中", "Retrying"),
    "camera.stopped": Text("已停止", "Stopped"),
    "camera.unknown": Text("巡查程序无响应", "Unknown: patrol silent"),
    "camera.removed": Text("已移除，不再巡查", "Removed, no longer watched"),
    "camera.frame_age": Text("最近画面", "Last frame"),
    "camera.no_snapshot": Text("尚无画面", "no picture yet"),
    "camera.alt": Text("{name} 的最近画面", "Last picture of {name}"),
    "camera.place": Text("位置", "Place"),
    "camera.video": Text("视频", "Video"),
    "camera.drops": Text("丢弃帧", "Dropped frames"),
    "camera.reconnects": Text("重连次数", "Reconnects"),
    "camera.messages_waiting": Text(
        "有 {n} 条消息尚未送达，正在自动重试。",
        "Messages that have not arrived yet: {n}; they are sent again by themselves.",
    ),
    "camera.messages_refused": Text(
        "有 {n} 条消息被拒收，可能缺少案件或图片：请管理员运行 curbwatch refused 查看原因。",
        "Refused messages: {n}. A case or picture may be missing: ask an administrator to run curbwatch refused.",
    ),
    "zone.watch": Text("巡查", "watched"),
    "zone.permitted": Text("允许经营", "permitted"),
    "zone.dwell": Text("停留 {seconds:g} 秒立案", "a case after {seconds:g} s"),
    "zone.window.watch": Text("允许时段", "may stand"),
    "zone.window.permitted": Text("许可时段", "licensed"),
    "zone.window.first": Text("自 {day}", "from {day}"),
    "zone.window.last": Text("至 {day}", "until {day}"),
    "holidays.include": Text("节假日也适用", "on holidays too"),
    "holidays.exclude": Text("节假日除外", "not on holidays"),
    "holidays.only": Text("仅限节假日", "on holidays only"),
    "weekday.mon": Text("周一", "Mon"),
    "weekday.tue": Text("周二", "Tue"),
    "weekday.wed": Text("周三", "Wed"),
    "weekday.thu": Text("周四", "Thu"),
    "weekday.fri": Text("周五", "Fri"),
    "weekday.sat": Text("周六", "Sat"),
    "weekday.sun": Text("周日", "Sun"),
    # case
    "case.title": Text("案件 {id}", "Case {id}"),
    "case.back": Text("返回案件墙", "Back to the case wall"),
    "case.next_new": Text("下一个待核实案件", "Next new case"),
    "case.no_next": Text("没有其他待核实案件", "No other new case"),
    "case.no_next.chosen": Text("筛选范围内没有其他待核实案件", "No other new case in this filter"),
    "case.evidence": Text("证据", "Evidence"),
    "case.kind.before": Text("首次发现", "First sight"),
    "case.kind.during": Text("取证", "At confirmation"),
    "case.kind.after": Text("清除后", "After"),
    "case.kind.clip": Text("视频片段", "Clip"),
    "case.kind.context": Text("带框副本", "Marked copy"),
    "case.compare": Text("前后对比", "Before and after"),
    "case.no_evidence": Text("证据尚未上传，收到后会自动显示。", "No evidence yet: it appears here when it arrives."),
    "case.forgotten": Text(
        "证据已超过保存期限，文件已删除。", "The evidence was kept for as long as is set here; its files are deleted."
    ),
    "case.box": Text("显示标框", "Show the box"),
    "case.open_file": Text("打开原图", "Open the original"),
    "case.fingerprint": Text("SHA-256 校验值", "SHA-256"),
    "case.decide": Text("处理", "Decide"),
    "case.note": Text("备注（写入案件记录）", "Note (kept in the history)"),
    "case.note.add": Text("添加备注", "Add note"),
    "case.read_only": Text(
        "您的账号只能查看，不能处理案件。", "Your account may look but not move cases: ask an operator."
    ),
    "case.no_moves": Text(
        "已结案。清除后一周内若同一地点再次发生，案件会自动重新打开；此后为新案件。",
        "Closed. If it comes back to this place within a week of its clearing, the case opens again by itself; "
        "later it is a new case.",
    ),
    "case.still_seen": Text(
        "摄像机尚未看到原处已空：对象可能仍在，结案前请核实。",
        "The camera has not seen the place free: the thing may still stand there, check before you close.",
    ),
    "case.camera": Text("摄像机", "Camera"),
    "case.facts": Text("基本情况", "Facts"),
    "case.first_seen": Text("首次发现", "First seen"),
    "case.confirmed_at": Text("确认时间", "Confirmed by the patrol"),
    "case.last_seen": Text("最近一次看到", "Last seen"),
    "case.cleared_at": Text("清除时间", "Cleared"),
    "case.confidence": Text("置信度", "Confidence"),
    "case.relapses": Text("本案中再次出现", "Came back in this case"),
    "case.model": Text("模型", "Model"),
    "case.rule": Text("判定规则", "Rule"),
    "case.trace": Text("判定过程", "How it was decided"),
    "case.trace.summary": Text(
        "共 {n} 次观察：{hit} 次看到，{miss} 次未见，{hidden} 次未判定（被遮挡、画面无效、疑似或允许摆放）",
        "{n} looks: {hit} saw it, {miss} did not, {hidden} were neither (hidden, no picture, unsure, or permitted)",
    ),
    "case.trace.all": Text("逐次观察", "Look by look"),
    "case.trace.none": Text("没有判定记录。", "No trace was sent."),
    "case.trace.at": Text("时间", "Time"),
    "case.trace.verdict": Text("结果", "Result"),
    "case.trace.why": Text("说明", "Why"),
    "case.history": Text("处理记录", "History"),
    "case.history.created": Text("巡查程序上报", "Reported by the patrol"),
    "actor.own_patrol": Text("本机巡查", "this service's patrol"),
    "actor.key": Text("API 密钥 {name}", "API key {name}"),
    "case.keys": Text("快捷键", "Keyboard shortcuts"),
    "case.keys.note": Text("写备注", "write a note"),
    "case.keys.box": Text("显示或隐藏标框", "box on or off"),
    "case.keys.play": Text("播放或暂停视频", "play or pause the clip"),
    "case.keys.picture": Text("切换证据图片", "other pictures"),
    "case.keys.next": Text("下一个待核实案件", "next new case"),
    "case.keys.back": Text("返回案件墙", "back to the wall"),
    "move.confirm": Text("确认立案", "Confirm"),
    "move.reject": Text("误报", "False alarm"),
    "move.dispatch": Text("派遣", "Dispatch"),
    "move.return": Text("退回立案", "Take back"),
    "move.handle": Text("处置完成", "Handled"),
    "move.not_done": Text("未处置到位", "Not done"),
    "move.close": Text("核查结案", "Close"),
    "move.undo": Text("撤销误报", "Undo false alarm"),
    # messages
    "message.home": Text("返回案件墙", "Back to the case wall"),
    "message.not_found": Text("没有这个页面或案件", "No such page or case"),
    "message.not_found.detail": Text(
        "请检查地址，或从案件墙中打开案件。", "Check the address, or open the case from the case wall."
    ),
    "message.not_allowed": Text("没有权限", "Not allowed"),
    "message.not_allowed.detail": Text(
        "此账号不能查看案件。请用值班员账号登录。", "This account may not see cases. Sign in as an operator."
    ),
    # the browser's own texts
    "js.lamp.live": Text("实时连接", "Live"),
    "js.lamp.connecting": Text("正在连接", "Connecting"),
    "js.lamp.lost": Text("连接中断，正在重试", "Not connected, retrying"),
    "js.lost.banner": Text(
        "与服务器的连接已中断，画面停留在 {time}。正在自动重试，无需刷新。",
        "Not connected to the server: this page shows the state of {time}. Retrying by itself, no reload needed.",
    ),
    "js.new_case": Text("新案件：{what}，{camera}，{zone}", "New case: {what}, {camera}, {zone}"),
    "js.changed": Text("案件 {id} 现在是：{status}", "Case {id} is now: {status}"),
    "js.caught_up": Text("连接已恢复，页面已更新。", "Connected again, the page is up to date."),
    "js.conflict": Text(
        "案件在此期间有了变化（由他人或摄像机更新），您的操作未执行。请看最新状态后再处理。",
        "This case has changed meanwhile, by a person or by the camera, so nothing was done. Look at its state and "
        "decide again.",
    ),
    "js.place_taken": Text(
        "该地点已有未结案件 {other}，操作未执行。请处理该案件。",
        "This place has an open case already, {other}, so nothing was done. Work on that one.",
    ),
    "js.refused": Text("操作未执行：{why}", "Nothing was done: {why}"),
    "js.invalid": Text(
        "操作未执行：备注中有无法保存的字符，请删去后再试。",
        "Nothing was done: the note holds letters that cannot be stored. Take them out and try again.",
    ),
    "js.unreachable": Text(
        "服务器没有应答，无法确定操作是否已执行。恢复连接后，页面显示的就是案件的实际状态。再按一次也不会重复执行。",
        "The server did not answer, so it is not known whether this was done. Once connected again, this page shows "
        "the case as it is. Pressing again does nothing twice.",
    ),
    "js.note.left": Text("还可输入 {n} 字", "{n} letters left"),
    "js.note.over": Text("备注超出 {n} 字，请删减（最多 2000 字）", "{n} letters too many: shorten the note to 2,000"),
    "js.login.refused": Text(
        "登录失败：请检查用户名和密码，或 API 密钥。", "Sign-in refused: check the name and password, or the API key."
    ),
    "js.login.slow_down": Text("尝试次数过多，请稍后再试。", "Too many attempts: wait a little and try again."),
    "js.login.unreachable": Text("无法连接服务器，请稍后再试。", "The server cannot be reached: try again."),
    "js.sound.on": Text("提示音已打开", "Sound is on"),
    "js.sound.off": Text("提示音已关闭", "Sound is off"),
    "js.days": Text("{d} 天 {h} 小时", "{d} d {h} h"),
    "js.seconds": Text("{s} 秒前", "{s} s ago"),
    "js.minutes": Text("{m} 分钟前", "{m} min ago"),
    "js.hours": Text("{h} 小时前", "{h} h ago"),
    **WHY_TEXTS,
}


def translate(language: Language, key: str, /, **values: object) -> str:
    """The text of `key` with its values filled in; raises KeyError for a key that is not in the table."""
    return TEXTS[key].of(language).format(**values)


def browser_texts(language: Language) -> dict[str, str]:
    """The texts that scripts need, without their `js.` prefix."""
    return {key.removeprefix("js."): text.of(language) for key, text in TEXTS.items() if key.startswith("js.")}


def preferred(accept_language: str) -> Language:
    """What an Accept-Language header likes best of what the page speaks; 中文 where it says nothing."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")):
        tag, _, parameters = part.strip().partition(";")
        wishes.append((-_quality(parameters), place, tag.strip().lower()))
    for refused, _, tag in sorted(wishes):
        if refused < 0 and tag.split("-")[0] in ("zh", "en"):
            return "zh" if tag.startswith("zh") else "en"
    return "zh"


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0

# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why a camera gives no picture, in both languages.

A patrol reports its camera's error as an English sentence, which logs and other programs read too. Each sentence
that it may say stands here with its Chinese one, as does a state that comes without any; what is not known, such as
a newer patrol's words, or is too long for a sentence, stays as it is.
"""

import re

from api.text import Text
from detector.language import Language

LONGEST = 400  # letters; in a longer text the many ways to split it would take seconds
RETRYING = Text(en="{text}; retrying in {seconds} s", zh="{text}；{seconds} 秒后重试")
FAULTS = (
    Text(en="connecting", zh="连接中"),
    Text(en="retrying", zh="重连中"),
    Text(en="stopped", zh="已停止"),
    Text(
        en="{name} at {host} did not answer within {timeout} s: check power, address and network",
        zh="{name}（{host}）在 {timeout} 秒内无应答：请检查供电、地址与网络",
    ),
    Text(
        en="{name} at {host} hung up before it answered: check the port, and whether the camera has too many viewers",
        zh="{name}（{host}）未应答即断开：请检查端口，以及同时观看者是否过多",
    ),
    Text(
        en="{name} at {host} refuses the stream over {transport}: try the other transport, or another of its streams",
        zh="{name}（{host}）拒绝以 {transport} 方式取流：请换另一种传输方式，或改用另一路码流",
    ),
    Text(
        en="{name} at {host} reports an error of its own: check the path, or restart the camera",
        zh="{name}（{host}）报告自身出错：请检查路径，或重启摄像机",
    ),
    Text(
        en="{name} at {host} cannot be reached, or answers without video: check address, path and network",
        zh="{name}（{host}）无法连接，或应答中没有视频：请检查地址、路径与网络",
    ),
    Text(
        en="{name} at {host} refuses the login: check user and password, that the account is not locked, and that "
        "the camera allows Digest with MD5",
        zh="{name}（{host}）拒绝登录：请检查用户名和密码、账号是否被锁定，以及摄像机是否允许 Digest（MD5）认证",
    ),
    Text(en="{name} has nothing at {place}: check the path", zh="{name} 在 {place} 处没有内容：请检查路径"),
    Text(
        en="{name} at {host} refuses connections: check the port and that streaming is switched on in the camera",
        zh="{name}（{host}）拒绝连接：请检查端口，以及摄像机是否已启用视频流",
    ),
    Text(
        en="{name} at {host} closed the connection at once: it may be restarting or have too many viewers",
        zh="{name}（{host}）立即关闭了连接：可能正在重启，或同时观看者过多",
    ),
    Text(
        en="{name} at {host} gave one picture and closed: write the address of a stream, not of a snapshot",
        zh="{name}（{host}）只给出一张图片便关闭：请填写视频流地址，而不是抓图地址",
    ),
    Text(
        en="{name} at {host} cannot be reached: check the address; in a password write / as %2F, ? as %3F, # as %23",
        zh="无法连接 {name}（{host}）：请检查地址；密码中的 / 应写作 %2F，? 写作 %3F，# 写作 %23",
    ),
    Text(en="{name} may not read {place}: check the permissions", zh="{name} 无权读取 {place}：请检查权限"),
    Text(
        en="{place} of {name} is no video that can be read: check that it is a video stream",
        zh="{name} 的 {place} 不是可读取的视频：请检查它是否为视频流",
    ),
    Text(
        en="{name} at {host} cannot be reached (unknown name or no route): check address and network",
        zh="无法连接 {name}（{host}，域名未知或无路由）：请检查地址与网络",
    ),
    Text(
        en="{name} at {host} cannot be reached ({reason}): check address and network",
        zh="无法连接 {name}（{host}，{reason}）：请检查地址与网络",
    ),
    Text(en="{place} of {name} cannot be read ({reason})", zh="{name} 的 {place} 无法读取（{reason}）"),
    Text(
        en="{place} of {name} is of a codec that cannot be read: set H.264 or H.265",
        zh="{name} 的 {place} 所用编码无法读取：请设为 H.264 或 H.265",
    ),
    Text(en="{place} of {name} carries no video: check the path", zh="{name} 的 {place} 不含视频：请检查路径"),
    Text(
        en="what {name} sends cannot be read: check its codec settings and the network",
        zh="{name} 发来的数据无法读取：请检查其编码设置与网络",
    ),
    Text(
        en="{name} hung up: see whether it restarted or has too many viewers",
        zh="{name} 已断开：请查看是否重启过，或同时观看者过多",
    ),
    Text(
        en="the recording of {name} is over: set loop to play it again", zh="{name} 的录像已播完：设置 loop 可循环播放"
    ),
    Text(
        en="no picture for {seconds} s from {name}: check power and network",
        zh="{name} 已 {seconds} 秒没有画面：请检查供电与网络",
    ),
    Text(
        en="no whole picture for {seconds} s from {name} ({damaged} damaged): set transport to tcp",
        zh="{name} 已 {seconds} 秒没有完整画面（{damaged} 处损坏）：请将 transport 设为 tcp",
    ),
    Text(
        en="no whole picture for {seconds} s from {name} ({damaged} damaged): check the network and the camera's codec",
        zh="{name} 已 {seconds} 秒没有完整画面（{damaged} 处损坏）：请检查网络与摄像机编码",
    ),
    Text(
        en="no keyframe for {seconds} s from {name}: set a shorter keyframe interval in the camera",
        zh="{name} 已 {seconds} 秒没有关键帧：请在摄像机中缩短关键帧间隔",
    ),
)


def _pattern(text: Text) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(text.en)))


_RETRYING = _pattern(RETRYING)
_FAULTS = tuple((_pattern(text), text) for text in FAULTS)


def fault(said: str, language: Language) -> str:
    """What a patrol said of a camera, in the reader's language."""
    if language == "en" or len(said) > LONGEST:
        return said
    if later := _RETRYING.fullmatch(said):
        return RETRYING.zh.format(text=fault(later["text"], language), seconds=later["seconds"])
    for pattern, text in _FAULTS:
        if found := pattern.fullmatch(said):
            return text.zh.format(**found.groupdict())
    return said


def lasting(said: str) -> str:
    """What a patrol said of a camera, without the countdown that was true at that moment only."""
    later = _RETRYING.fullmatch(said)
    return later["text"] if later else said

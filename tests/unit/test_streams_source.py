# SPDX-License-Identifier: AGPL-3.0-or-later
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.source import Source, host_of


def test_a_source_shows_no_password() -> None:
    source = Source("cam-1", "rtsp://admin:hunter2@10.0.0.1/cam")
    assert "hunter2" not in repr(source)
    assert source.place == "rtsp://***@10.0.0.1/cam"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://a:b@cam/1", "rtsps://cam:322/x", "http://cam/live.m3u8", "/videos/*.jpg", "a.mp4", "file:///a.mp4",
        "/opt/python@3.12/a.mp4",
    ],
)  # fmt: skip
def test_every_form_of_address_is_taken(url: str) -> None:
    assert Source("cam-1", url).is_network == url.startswith(("rtsp", "http"))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("rtsp://admin:hunt/er2@10.0.0.1/cam", "in a password write / as %2F"),
        ("rtsp://admin:hunt#er2@10.0.0.1/cam", "in a password write / as %2F"),
        ("rtsp://10.0.0.1:99999/cam", "is no valid address"),
        ("rtsp:///cam", "names no host"),
        ("ftp://10.0.0.1/cam", "begins with none of rtsp"),
        ("rtsp//viewer:hunter2@10.0.0.1/cam", "has an @ but no ://; write rtsp:// before"),
        ("rtsp:/viewer:hunter2@10.0.0.1/cam", "has an @ but no ://"),
        ("//viewer:hunter2@10.0.0.1/cam", "has an @ but no ://"),
        ("viewer:hunter2@10.0.0.1/cam?next=http://a", "has an @ but no ://"),
        ("rtsp://viewer:hunter2#10.0.0.1/cam", "is no valid address"),
        ("rtsp://viewer:my hunter2@10.0.0.1/cam", "a space as %20"),
        ("rtsp://viewer:my\thunter2@10.0.0.1/cam", "a space as %20"),
        ("rtsp://viewer:my\nhunter2@10.0.0.1/cam", "a space as %20"),
        ("rtsp://viewer:12/my hunter2@10.0.0.1/cam", "a space as %20"),
        ("rstp://viewer:my hunter2@10.0.0.1/cam", r"rstp://\*\*\*@10\.0\.0\.1/cam begins with none of"),
        (f"rtsp://viewer:{'hunter2' * 18}@10.0.0.1/cam", "are longer than 127 bytes"),
    ],
)
def test_an_address_that_cannot_work_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        Source("cam-1", url)
    assert "er2" not in str(refused.value)


@given(
    st.sampled_from(["rtsp://", "rstp://", "rtsp//", "rtsp:/", "//", ""]),
    st.text(min_size=1),
    st.sampled_from(["", ":554", ":0"]),
)
def test_no_password_is_shown_whatever_stands_in_it(scheme: str, password: str, port: str) -> None:
    try:
        shown = Source("cam-1", f"{scheme}someone:hunter2{password}hunter2@10.0.0.1{port}/cam").place
    except ValueError as refused:
        shown = str(refused)
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "wrong", [{"every_s": -1.0}, {"clip_s": -1.0}, {"stale_after_s": 0.0}, {"open_timeout_s": 0.0}]
)
def test_impossible_times_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="cam-1"):
        Source("cam-1", "a.mp4", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://admin:hunter2@10.0.0.1:554/cam", "10.0.0.1:554"),
        ("rtsp://10.0.0.1/cam", "10.0.0.1"),
        ("rtsp://admin:12/hunter@10.0.0.1/cam", "rtsp://***@10.0.0.1/cam"),
    ],
)
def test_the_host_is_named_without_any_part_of_the_password(url: str, shown: str) -> None:
    assert host_of(url) == shown

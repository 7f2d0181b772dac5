# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys, users, sessions: who gets in, who is thrown out, and what is never shown."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from api import accounts
from api.errors import Invalid, NameTaken, NotFound
from api.roles import Role
from api.schemas import CASE_IN
from api.store import Store
from api.throttle import FAILURES, MOST_AT_ONCE
from support.trial import Trial, served, trial

PASSWORD = "correct horse battery"


class House:
    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
        self.trial: Trial = trial(folder, clock=lambda: self.now)
        self.store: Store = self.trial.app.state.services.store
        self.http = TestClient(self.trial.app)

    def login(self, **more: str) -> httpx2.Response:
        return self.http.post("/login", data={"name": "li", "password": PASSWORD} | more)

    def session(self) -> httpx2.Response:
        return self.http.get("/api/v1/session")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    accounts.add_user(found.store, "li", PASSWORD, "operator")
    yield found
    found.store.close()


def test_a_key_opens_until_it_is_revoked(house: House) -> None:
    secret = accounts.add_key(house.store, "meter", "viewer")
    headers = {"Authorization": f"Bearer {secret}"}
    assert secret.startswith("cw_")
    assert house.http.get("/api/v1/session", headers=headers).json()["name"] == "meter"
    accounts.revoke_key(house.store, "meter")
    assert house.http.get("/api/v1/session", headers=headers).status_code == 401
    assert [key.revoked_at is None for key in accounts.list_keys(house.store) if key.name == "meter"] == [False]


def test_names_of_keys_are_free_again_after_a_revocation(house: House) -> None:
    accounts.add_key(house.store, "meter", "viewer")
    with pytest.raises(NameTaken, match="revoke it first"):
        accounts.add_key(house.store, "meter", "viewer")
    accounts.revoke_key(house.store, "meter")
    accounts.add_key(house.store, "meter", "viewer")
    with pytest.raises(NotFound, match="curbwatch keys list"):
        accounts.revoke_key(house.store, "nobody")


def test_secrets_are_not_in_the_database(house: House) -> None:
    secret = accounts.add_key(house.store, "meter", "viewer")
    cookie = house.login().cookies["curbwatch_session"]
    folder = house.trial.config.evidence_dir.parent
    data = b"".join(path.read_bytes() for path in folder.glob("trial.db*"))
    assert b"meter" in data
    for hidden in (secret, secret.removeprefix("cw_"), cookie, PASSWORD):
        assert hidden.encode() not in data


def test_reprs_hold_no_secret(house: House) -> None:
    text = repr(house.trial) + repr(house.trial.config) + repr(accounts.list_users(house.store))
    assert not any(secret in text for secret in house.trial.keys.values())
    assert "argon2" not in text
    assert repr(Store("postgresql://cw:hunter2@db/cw")) == "Store(postgresql+psycopg://cw:***@db/cw)"


def test_a_person_signs_in_and_out(house: House) -> None:
    answer = house.login()
    assert answer.json() == {"kind": "user", "name": "li", "role": "operator"} | {
        "csrf_token": house.session().json()["csrf_token"]
    }
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=strict" in said
    token = answer.json()["csrf_token"]
    left = house.http.post("/logout", data={"csrf_token": token}, follow_redirects=False)
    assert (left.status_code, left.headers["location"]) == (303, "/login")
    assert left.headers["clear-site-data"] == '"cache"'
    assert house.session().status_code == 401


def test_a_key_can_sign_in_to_the_page_and_ends_with_it(house: House) -> None:
    answer = house.http.post("/login", data={"token": house.trial.keys[Role.ADMIN]})
    assert (answer.json()["kind"], answer.json()["name"]) == ("key", "admin-1")
    accounts.revoke_key(house.store, "admin-1")
    assert house.session().status_code == 401


def test_who_signs_in_anew_has_left_the_session_before(house: House) -> None:
    before = house.login().cookies["curbwatch_session"]
    house.login(token=house.trial.keys[Role.VIEWER])
    assert house.session().json()["name"] == "viewer-1"
    house.http.cookies.clear()
    house.http.cookies.set("curbwatch_session", before)
    assert house.session().status_code == 401


def test_a_browser_is_sent_on_but_never_away(house: House) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}

    def where(data: dict[str, str]) -> str:
        answer = house.http.post("/login", data=data, headers=browser, follow_redirects=False)
        assert answer.status_code == 303
        return answer.headers["location"]

    right = {"name": "li", "password": PASSWORD}
    assert where(right | {"next": "/cases/C20261121-0001"}) == "/cases/C20261121-0001"
    for foreign in ("https://evil.example", "//evil.example", "/\\evil.example", "/a\nb"):
        assert where(right | {"next": foreign}) == "/"
    assert where(right | {"password": "wrong", "next": "/cases"}) == "/login?error=wrong&next=%2Fcases"


@pytest.mark.parametrize("name", ["li", "nobody"])
def test_a_wrong_password_tells_nothing(house: House, name: str) -> None:
    answer = house.login(name=name, password="wrong password")
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:curbwatch:problem:sign-in-refused")
    assert "set-cookie" not in answer.headers


def test_what_names_nobody_is_told_the_form_and_no_guess(house: House) -> None:
    for _ in range(FAILURES + 1):
        answer = house.http.post("/login", json={"name": "li", "password": PASSWORD})
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:curbwatch:problem:invalid")
        assert "form fields" in answer.json()["detail"]
    assert house.login().status_code == 200


def test_guessing_is_slowed_down(house: House) -> None:
    for _ in range(FAILURES):
        assert house.login(password="wrong password").status_code == 401
    refused = house.login()
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 500
    house.now += timedelta(minutes=11)
    assert house.login().status_code == 200


def test_guessing_leaves_a_trace_and_no_secret(house: House, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(FAILURES + 2):
        house.login(name="li\n", password="wrong password")
    (said,) = [record.getMessage() for record in caplog.records if record.name == "api.throttle"]
    assert said == (
        "sign-in held off: 8 wrong passwords or API keys; the last one by 'address:testclient', 'name:li\\n'"
    )


@pytest.mark.parametrize(
    ("password", "answers"), [("wrong password", {401: FAILURES, 429: FAILURES}), (PASSWORD, {200: 2 * FAILURES})]
)
def test_sign_ins_sent_together_are_judged_one_after_the_other(
    house: House, password: str, answers: dict[int, int]
) -> None:
    with served(house.trial.app) as url, ThreadPoolExecutor(2 * FAILURES) as people:

        def sign_in(_: int) -> int:
            told = {"name": "li", "password": password}
            return httpx2.post(f"{url}/login", data=told, trust_env=False, timeout=60).status_code

        assert Counter(people.map(sign_in, range(2 * FAILURES))) == answers


def test_strangers_at_the_sign_in_hold_nobody_else_up(house: House) -> None:
    strangers = 3 * MOST_AT_ONCE
    with served(house.trial.app) as url, ThreadPoolExecutor(strangers) as crowd:

        def guess() -> httpx2.Response:
            return httpx2.post(f"{url}/login", data={"token": "cw_wrong"}, trust_env=False, timeout=60)

        with house.trial.app.state.services.throttle.turn():  # as somebody whose password is being checked
            waiting = [crowd.submit(guess) for _ in range(strangers)]
            turned_away = [one.result() for one in islice(as_completed(waiting), strangers - MOST_AT_ONCE + 1)]
            assert {(answer.status_code, answer.headers["retry-after"]) for answer in turned_away} == {(429, "2")}
            headers = house.trial.headers("viewer")
            assert httpx2.get(f"{url}/api/v1/session", headers=headers, trust_env=False, timeout=60).status_code == 200
    assert house.login().status_code == 200


def test_a_key_of_ones_own_opens_no_way_to_guess_at_a_name(house: House) -> None:
    for _ in range(FAILURES):
        house.login(password="wrong password")
        assert house.login(token=house.trial.keys[Role.VIEWER]).status_code == 200
        house.now += timedelta(seconds=1)
    assert house.login().status_code == 429


@pytest.mark.parametrize(("trusted", "another"), [((), 429), (("127.0.0.1",), 401), (("127.0.0.0/8",), 401)])
def test_those_behind_a_proxy_are_told_apart_where_it_is_trusted(
    tmp_path: Path, trusted: tuple[str, ...], another: int
) -> None:
    api = trial(tmp_path, change=lambda config: replace(config, trusted_proxies=trusted))
    with served(api.app) as url, httpx2.Client(base_url=url, trust_env=False) as proxy:

        def guess(address: str) -> int:
            said = {"X-Forwarded-For": address}
            return proxy.post("/login", data={"token": "cw_wrong"}, headers=said).status_code

        assert [guess("192.0.2.7") for _ in range(FAILURES + 1)] == [401] * FAILURES + [429]
        assert guess("192.0.2.8") == another


def test_nobody_chooses_the_address_that_a_trusted_proxy_passes_on(tmp_path: Path) -> None:
    with served(trial(tmp_path).app) as url, httpx2.Client(base_url=url, trust_env=False) as proxy:

        def guess(number: int) -> int:
            said = {"X-Forwarded-For": f"203.0.113.{number}, 192.0.2.7"}  # the proxy's own word is the last one
            return proxy.post("/login", data={"token": "cw_wrong"}, headers=said).status_code

        assert [guess(number) for number in range(FAILURES + 1)] == [401] * FAILURES + [429]


def test_sessions_end_by_time_password_and_removal(house: House) -> None:
    house.login()
    house.now += timedelta(hours=house.trial.config.session_hours, seconds=1)
    assert house.session().status_code == 401
    house.login()
    accounts.set_password(house.store, "li", "another horse battery")
    assert house.session().status_code == 401
    assert house.login().status_code == 401
    house.login(password="another horse battery")
    assert house.session().status_code == 200
    accounts.disable_user(house.store, "li")
    assert house.session().status_code == 401
    assert house.login(password="another horse battery").status_code == 401


def test_a_disabled_person_comes_back(house: House) -> None:
    accounts.disable_user(house.store, "li")
    with pytest.raises(NameTaken, match="is disabled: `curbwatch users enable`"):
        accounts.add_user(house.store, "li", PASSWORD, "viewer")
    assert accounts.set_password(house.store, "li", "another horse battery").disabled_at is not None
    assert house.login(password="another horse battery").status_code == 401
    accounts.enable_user(house.store, "li")
    assert house.login(password="another horse battery").status_code == 200
    with pytest.raises(NotFound):
        accounts.enable_user(house.store, "nobody")


def test_another_role_holds_in_sessions_that_are_open(house: House) -> None:
    house.login()
    accounts.set_role(house.store, "li", "viewer")
    assert house.session().json()["role"] == "viewer"
    with pytest.raises(NotFound):
        accounts.set_role(house.store, "nobody", "viewer")


def test_no_person_is_a_patrol(house: House) -> None:
    with pytest.raises(Invalid, match="choose operator, viewer or admin"):
        accounts.add_user(house.store, "wang", PASSWORD, "patrol")
    with pytest.raises(Invalid, match="choose operator, viewer or admin"):
        accounts.set_role(house.store, "li", "patrol")
    assert [(user.name, user.role) for user in accounts.list_users(house.store)] == [("li", "operator")]


def test_unsafe_requests_of_a_session_need_its_token(house: House) -> None:
    headers = house.trial.headers("patrol") | {"Idempotency-Key": "a"}
    case = house.http.post("/api/v1/cases", json=CASE_IN, headers=headers).json()["id"]
    token = house.login().json()["csrf_token"]

    def confirm(**headers: str) -> int:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/api/v1/cases/{case}/transitions"
        return house.http.post(path, json={"to": "confirmed"}, headers=sent).status_code

    assert confirm() == 403
    assert confirm(X_CSRF_Token="guessed") == 403
    assert confirm(X_CSRF_Token=token, Sec_Fetch_Site="cross-site") == 403
    assert confirm(X_CSRF_Token=token, Origin="https://evil.example") == 403
    assert confirm(X_CSRF_Token=token, Sec_Fetch_Site="same-origin") == 200
    shown = house.http.get(f"/api/v1/cases/{case}").json()
    assert shown["history"][-1]["actor"] == "user:li"


def test_another_site_cannot_sign_a_browser_in(house: House) -> None:
    answer = house.http.post(
        "/login", data={"name": "li", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403


def test_users_have_rules(house: House) -> None:
    with pytest.raises(NameTaken):
        accounts.add_user(house.store, "li", PASSWORD, "viewer")
    with pytest.raises(Invalid, match="at least 10 characters"):
        accounts.add_user(house.store, "wang", "short", "viewer")
    with pytest.raises(Invalid, match="printable"):
        accounts.add_user(house.store, "a\nb", PASSWORD, "viewer")
    with pytest.raises(ValueError, match="emperor"):
        accounts.add_user(house.store, "wang", PASSWORD, "emperor")
    with pytest.raises(NotFound, match="curbwatch users list"):
        accounts.set_password(house.store, "nobody", PASSWORD)
    assert [user.name for user in accounts.list_users(house.store)] == ["li"]

"""The archive of responses: what it keeps, what it never keeps, and how it is resumed and replayed from."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from foretune.errors import ConfigError, DataError, MalformedResponse, NotArchived, RateLimited, SourceUnavailable
from foretune.origin import Origin
from foretune.sources.archive import ResponseArchive
from foretune.sources.http import HttpClient
from foretune.sources.response import RawResponse

BASE = "https://provider.test"
MORNING = datetime(2024, 5, 1, 6, tzinfo=UTC)


def answer(body: bytes = b"date,value\n", origin: Origin = Origin.LIVE, **params: str) -> RawResponse:
    return RawResponse("fred", "/graph", params, body, MORNING, origin)


def ask(client: HttpClient, base: str = BASE, **options: object) -> RawResponse:
    return client.get("fred", base, "/graph", {"id": "X"}, **options)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def one(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def pages(client: HttpClient) -> None:
    for page in "123":
        client.get("fred", BASE, "/graph", {"page": page})


def refused(response, headers):
    raise RateLimited("fred", "no more today", 86_400)


@pytest.fixture
def archive(tmp_path) -> ResponseArchive:
    return ResponseArchive(tmp_path / "archive")


class TestWhatIsOnDisk:
    def test_a_body_lies_once_under_its_hash_and_each_request_has_an_entry(self, archive):
        archive.put(answer(id="A"), {})
        archive.put(answer(id="B"), {})

        digest = hashlib.sha256(b"date,value\n").hexdigest()
        assert [str(p.relative_to(archive.folder)) for p in archive.folder.glob("bodies/*/*")] == [
            f"bodies/{digest[:2]}/{digest}.gz"
        ]
        assert len(list(archive.folder.glob("requests/*.json"))) == 2
        assert archive.origin is Origin.LIVE

    def test_an_entry_says_what_was_asked_and_what_came(self, archive):
        archive.put(answer(id="A"), {"Content-Type": "text/csv", "Set-Cookie": "who=me"})
        assert json.loads(one(archive.folder, "requests/*.json").read_text()) == {
            "version": 1,
            "provider": "fred",
            "path": "/graph",
            "params": {"id": "A"},
            "body_sha256": hashlib.sha256(b"date,value\n").hexdigest(),
            "body_bytes": 11,
            "origin": "live",
            "fetched_at": "2024-05-01T06:00:00Z",
            "headers": {"content-type": "text/csv"},  # a cookie is nobody's business
        }

    def test_the_same_answers_make_the_same_bytes(self, tmp_path):
        for name in ("first", "second"):
            ResponseArchive(tmp_path / name).put(answer(id="A"), {"content-type": "text/csv"})
        assert files(tmp_path / "first") == files(tmp_path / "second")

    def test_a_kill_while_writing_leaves_the_old_answer(self, archive, monkeypatch):
        archive.put(answer(b"old", id="A"), {})

        def killed(self, target):
            raise KeyboardInterrupt

        monkeypatch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            archive.put(answer(b"new", id="A"), {})
        monkeypatch.undo()

        assert archive.get("fred", "/graph", {"id": "A"}).response.body == b"old"
        assert not [name for name in files(archive.folder) if "writing" in name]

    @settings(max_examples=40, deadline=None)
    @given(body=st.binary(max_size=300), params=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3))
    def test_what_is_put_comes_back(self, tmp_path_factory, body, params):
        archive = ResponseArchive(tmp_path_factory.mktemp("archive"))
        kept = RawResponse("fred", "/graph", params, body, MORNING, Origin.RECORDED)
        archive.put(kept, {})
        reordered = dict(reversed(list(params.items())))
        assert archive.get("fred", "/graph", reordered).response == kept


class TestWhatItRefuses:
    @pytest.mark.parametrize(
        ("pattern", "damage", "why"),
        [
            ("requests/*.json", b"{", "no entry of an archive"),
            ("requests/*.json", b'{"version": 2}', "no entry of an archive"),
            ("bodies/*/*.gz", b"", "another hash"),
            ("bodies/*/*.gz", b"plain text", "cannot be unpacked"),
            ("bodies/*/*.gz", None, "is gone"),
        ],
    )
    def test_a_damaged_file_is_named(self, archive, pattern, damage, why):
        archive.put(answer(id="A"), {})
        path = one(archive.folder, pattern)
        path.unlink() if damage is None else path.write_bytes(damage)
        with pytest.raises(MalformedResponse, match=why) as caught:
            archive.get("fred", "/graph", {"id": "A"})
        assert str(path) in str(caught.value)
        assert "delete the file" in str(caught.value)

    def test_a_body_of_another_answer_is_noticed(self, archive):
        archive.put(answer(b"mine", id="A"), {})
        mine = one(archive.folder, "bodies/*/*.gz")
        archive.put(answer(b"other", id="B"), {})
        (other,) = [path for path in archive.folder.glob("bodies/*/*.gz") if path != mine]
        mine.write_bytes(other.read_bytes())
        with pytest.raises(MalformedResponse, match="another hash than its name"):
            archive.get("fred", "/graph", {"id": "A"})

    def test_an_entry_moved_to_another_request_is_noticed(self, archive):
        archive.put(answer(id="A"), {})
        first = one(archive.folder, "requests/*.json")
        archive.put(answer(id="B"), {})
        (second,) = [path for path in archive.folder.glob("requests/*.json") if path != first]
        second.write_bytes(first.read_bytes())
        with pytest.raises(MalformedResponse, match="about another request"):
            archive.get("fred", "/graph", {"id": "B"})

    @pytest.mark.parametrize("content", [b"{}", b'{"version": 9, "origin": "live"}'])
    def test_a_folder_of_another_version_is_left_alone(self, archive, content):
        archive.folder.mkdir()
        (archive.folder / "archive.json").write_bytes(content)
        with pytest.raises(DataError, match="record into a new folder"):
            archive.put(answer(), {})

    def test_simulated_answers_do_not_join_live_ones(self, archive):
        archive.put(answer(id="A"), {})
        with pytest.raises(DataError, match="holds live answers, a simulated one may not join"):
            archive.put(answer(id="B", origin=Origin.SIMULATED), {})


class TestTheThreeModes:
    def test_record_asks_every_time_and_keeps_the_newest_answer(self, scripted, archive):
        client, provider = scripted(
            httpx2.Response(200, content=b"one"), httpx2.Response(200, content=b"two"), archive=archive
        )
        assert [ask(client).body, ask(client).body] == [b"one", b"two"]
        assert len(provider.requests) == 2
        assert archive.get("fred", "/graph", {"id": "X"}).response.body == b"two"

    def test_reuse_asks_once(self, scripted, archive):
        client, provider = scripted(httpx2.Response(200, content=b"one"), archive=archive, mode="reuse")
        first = ask(client)
        assert ask(client, base="http://127.0.0.1:9") == first  # another base, the same request
        assert len(provider.requests) == 1

    def test_reuse_leaves_answers_of_an_earlier_run(self, scripted, archive):
        archive.put(answer(b"yesterday", id="X"), {})
        began = MORNING + timedelta(hours=1)
        client, _ = scripted(httpx2.Response(200, content=b"today"), archive=archive, mode="reuse", reuse_after=began)
        assert ask(client).body == b"today"

    def test_replay_gives_the_answer_as_it_was_that_day_and_asks_nobody(self, scripted, archive):
        archive.put(answer(b"kept", id="X"), {})
        client, provider = scripted(httpx2.Response(200, content=b"new"), archive=archive, mode="replay")
        response = ask(client)
        assert (response.body, response.fetched_at, response.origin) == (b"kept", MORNING, Origin.LIVE)
        assert provider.requests == []
        assert client.replaying

    def test_replay_names_what_is_missing_and_how_to_record_it(self, scripted, archive):
        client, provider = scripted(httpx2.Response(200), archive=archive, mode="replay")
        with pytest.raises(NotArchived, match=r"fred: /graph\?id=X: the archive .* run once without --offline"):
            ask(client)
        assert provider.requests == []

    @pytest.mark.parametrize("mode", ["reuse", "replay"])
    def test_reading_needs_an_archive(self, mode):
        with pytest.raises(ConfigError, match="an archive, and none is given"):
            HttpClient(mode=mode)

    def test_a_killed_run_goes_on_where_it_was(self, scripted, archive):
        ok = httpx2.Response(200, content=b"page")
        first, _ = scripted(ok, ok, httpx2.ConnectError("cable out"), archive=archive, mode="reuse", attempts=1)
        with pytest.raises(SourceUnavailable):
            pages(first)

        again, provider = scripted(ok, archive=archive, mode="reuse")
        pages(again)
        assert [request.url.params["page"] for request in provider.requests] == ["3"]


class TestWhatIsNotKept:
    @pytest.mark.parametrize("answer", [httpx2.Response(404), httpx2.Response(503), httpx2.Response(429)])
    def test_refusals(self, scripted, archive, answer):
        client, _ = scripted(answer, archive=archive, attempts=1)
        with pytest.raises(Exception, match="HTTP"):
            ask(client)
        assert not archive.folder.exists()

    def test_answers_that_a_check_turns_away(self, scripted, archive):
        client, _ = scripted(httpx2.Response(200, content=b"call frequency"), archive=archive)
        with pytest.raises(RateLimited):
            ask(client, check=refused)
        assert not archive.folder.exists()

    def test_a_kept_answer_is_checked_again(self, scripted, archive):
        archive.put(answer(id="X"), {"X-Bapi-Limit-Reset-Timestamp": "17"})
        client, _ = scripted(httpx2.Response(200), archive=archive, mode="replay")
        seen = []
        ask(client, check=lambda response, headers: seen.append(headers["x-bapi-LIMIT-reset-timestamp"]))
        assert seen == ["17"]
        with pytest.raises(RateLimited):
            ask(client, check=refused)

    @pytest.mark.parametrize("written", ["S3cr+t/Key", "s3CR+t/kEY", "S3cr%2Bt%2FKey", r"S3cr+t\/Key"])
    def test_keys_in_parameters_headers_and_echoed_in_a_good_answer(self, scripted, archive, written):
        client, provider = scripted(
            httpx2.Response(200, content=f'{{"next": "/?key={written}"}}'.encode(), headers={"X-Key": written}),
            archive=archive,
        )
        key = SecretStr("S3cr+t/Key")
        response = ask(client, secrets={"apikey": key}, secret_headers={"x-api-key": key})

        assert provider.requests[0].url.params["apikey"] == "S3cr+t/Key"
        assert response.body == b'{"next": "/?key=***"}'
        kept = archive.get("fred", "/graph", {"id": "X"}).response
        assert kept.body == response.body
        text = b"".join(files(archive.folder).values()).lower() + kept.body
        assert b"s3cr" not in text
        assert b"apikey" not in text

    def test_a_demo_key_is_no_secret_and_words_stay_whole(self, scripted, archive):
        client, _ = scripted(httpx2.Response(200, content=b"a democracy"), archive=archive)
        assert ask(client, secrets={"apikey": SecretStr("demo")}).body == b"a democracy"


def test_an_archive_recorded_from_the_sandbox_replays_without_it(sandbox, archive):
    path, params = "/v5/market/kline", {"category": "linear", "symbol": "BTCUSDT", "interval": "D", "limit": "3"}
    with HttpClient(archive=archive) as recording:
        recorded = recording.get("bybit", f"{sandbox.root}/bybit", path, params)
    with HttpClient(archive=archive, mode="replay") as replaying:
        assert replaying.get("bybit", "https://nowhere.invalid", path, params) == recorded
    assert recorded.origin is Origin.SIMULATED
    assert archive.origin is Origin.SIMULATED

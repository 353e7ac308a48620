"""Streams of checkout pages: who gets one, when they ring, when they end. Without a database."""

import threading
from collections.abc import Iterator

import pytest

from app.db.queries_events import News
from app.errors import Unavailable
from app.pages import streams as module
from app.pages.streams import END, HEARTBEAT, LOOK, OVERLAP, RETRY, Stream, Streams
from regtest.waiting import wait_until

NOTHING = [News(100, "", "")]


class Source:
    """What the poller reads: told by the test."""

    def __init__(self) -> None:
        self.events: list[News] = []
        self.height = 100
        self.asked: list[int | None] = []
        self.is_down = False

    def __call__(self, after: int | None) -> list[News]:
        self.asked.append(after)
        if self.is_down:
            raise Unavailable("no database")
        found = self.events[-1:] if after is None else [news for news in self.events if news.event_id > after]
        return [*found, News(self.height, "", "")]

    def tell(self, event_id: int, invoice_id: str, status: str = "New") -> None:
        self.events.append(News(event_id, invoice_id, status))

    def wait_asked(self) -> None:
        """Two further questions: what was told before this is known now."""
        before = len(self.asked)
        wait_until(lambda: len(self.asked) >= before + 2, "the poller to ask")


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.005)
    return Source()


@pytest.fixture
def streams(source: Source) -> Iterator[Streams]:
    made = Streams(source, 4)
    yield made
    made.stop()


def opened(streams: Streams, invoice_id: str = "a", who: str = "192.0.2.1") -> Stream:
    stream = streams.open(invoice_id, who)
    assert stream is not None
    return stream


def begun(streams: Streams, source: Source, invoice_id: str = "a", who: str = "192.0.2.1") -> Iterator[str]:
    """The words of a stream, those of its beginning read."""
    told = opened(streams, invoice_id, who).told()
    assert next(told) == RETRY + LOOK
    source.wait_asked()
    return told


def begun_together(streams: Streams, source: Source, *invoice_ids: str) -> list[Stream]:
    """Streams that are all there before the poller knows where it stands."""
    source.is_down = True
    made = [opened(streams, invoice_id) for invoice_id in invoice_ids]
    source.is_down = False
    source.wait_asked()
    return made


def is_quiet(stream: Stream) -> bool:
    return not stream._rung.is_set()


def test_a_page_looks_once_at_the_beginning_and_once_when_the_poller_knows_where_it_stands(
    streams: Streams, source: Source
) -> None:
    told = begun(streams, source)
    assert next(told) == LOOK


def test_an_event_rings_its_own_invoice_alone(streams: Streams, source: Source) -> None:
    mine, other = begun_together(streams, source, "a", "b")
    words = mine.told(), other.told()
    assert [[next(told), next(told)] for told in words] == [[RETRY + LOOK, LOOK]] * 2
    source.tell(1, "a")
    assert next(words[0]) == LOOK
    source.wait_asked()
    assert is_quiet(other)


def test_a_block_rings_everybody(streams: Streams, source: Source) -> None:
    told = [stream.told() for stream in begun_together(streams, source, "a", "b")]
    assert [[next(each), next(each)] for each in told] == [[RETRY + LOOK, LOOK]] * 2
    source.height += 1
    assert [next(each) for each in told] == [LOOK, LOOK]


@pytest.mark.parametrize("status", ["Settled", "Expired", "Invalid"])
def test_a_stream_ends_when_nothing_more_can_happen(streams: Streams, source: Source, status: str) -> None:
    told = begun(streams, source)
    assert next(told) == LOOK
    source.tell(1, "a", status)
    assert list(told) == [END]


def test_an_event_that_is_committed_out_of_turn_is_not_missed(streams: Streams, source: Source) -> None:
    told = begun(streams, source)
    assert next(told) == LOOK
    source.tell(1000, "b")
    source.wait_asked()
    source.tell(1000 - OVERLAP + 1, "a")
    assert next(told) == LOOK


def test_one_question_is_asked_for_all_streams_and_none_without(streams: Streams, source: Source) -> None:
    all_of_them = [opened(streams, str(number)) for number in range(4)]
    source.wait_asked()
    assert sum(thread.name == "checkout-streams" for thread in threading.enumerate()) == 1
    for stream in all_of_them:
        streams.close(stream)
        streams.close(stream)
    wait_until(lambda: streams._poller is None, "the poller to end")
    asked = len(source.asked)
    opened(streams)
    wait_until(lambda: len(source.asked) > asked, "a poller to begin anew")


def test_who_has_hung_up_is_let_go(streams: Streams, source: Source) -> None:
    gone = streams.open("a", "192.0.2.1", lambda: True)
    assert gone is not None
    source.wait_asked()
    assert list(gone.told()) == [RETRY + LOOK]


def test_once_stopped_nobody_asks_any_more_and_nobody_gets_a_stream(streams: Streams, source: Source) -> None:
    """Whoever closes the database's connections afterwards closes all of them."""
    told = begun(streams, source)
    streams.stop()
    assert not any(thread.name == "checkout-streams" for thread in threading.enumerate())
    assert list(told) == []
    assert streams.open("a", "192.0.2.1") is None
    streams.stop()


def test_a_database_that_is_away_ends_no_stream(streams: Streams, source: Source) -> None:
    told = begun(streams, source)
    assert next(told) == LOOK
    source.is_down = True
    source.tell(1, "a")
    source.wait_asked()
    source.is_down = False
    assert next(told) == LOOK


def test_the_line_is_kept_alive_and_ends_after_a_while(
    streams: Streams, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HEARTBEAT_SECONDS", 0.02)
    told = begun(streams, source)
    assert next(told) == LOOK
    assert next(told) == HEARTBEAT
    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.05)
    short = list(opened(streams).told())
    assert short[0] == RETRY + LOOK
    assert set(short[1:]) <= {LOOK, HEARTBEAT}


def test_there_is_room_for_so_many_and_for_so_many_of_one_address(source: Source) -> None:
    streams = Streams(source, 8)
    of_one = [streams.open("a", "192.0.2.1") for _ in range(7)]
    assert [stream is not None for stream in of_one] == [True] * 6 + [False]
    others = [streams.open("a", f"192.0.2.{number}") for number in (2, 3, 4)]
    assert [stream is not None for stream in others] == [True, True, False]
    freed = of_one[0]
    assert freed is not None
    streams.close(freed)
    assert streams.open("a", "192.0.2.1") is not None
    assert streams.count == 8
    for stream in streams._held():
        streams.close(stream)


@pytest.mark.parametrize(
    ("most", "processes", "threads", "room", "of_one"),
    [
        (32, 1, 64, 32, 6),
        (32, 2, 32, 16, 3),
        (32, 4, 16, 8, 1),
        (32, 8, 8, 4, 1),
        (1000, 1, 64, 32, 6),
        (0, 1, 64, 0, 6),
    ],
)
def test_processes_share_the_streams_and_half_of_their_threads_stay_free(
    source: Source, most: int, processes: int, threads: int, room: int, of_one: int
) -> None:
    streams = Streams(source, most)
    streams.share(processes, threads, lambda: False)
    got = [stream for number in range(room + 5) if (stream := streams.open("a", f"address {number}"))]
    assert len(got) == room
    for stream in got:
        streams.close(stream)
    again = [stream for _ in range(10) if (stream := streams.open("a", "one"))]
    assert len(again) == min(of_one, room)
    for stream in again:
        streams.close(stream)


def test_a_process_that_stops_lets_go_of_its_streams(source: Source) -> None:
    streams, stopping = Streams(source, 4), threading.Event()
    streams.share(1, 64, stopping.is_set)
    stream = opened(streams)
    told = stream.told()
    assert next(told) == RETRY + LOOK
    stopping.set()
    assert set(told) <= {LOOK}
    streams.close(stream)

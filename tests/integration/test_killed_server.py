"""The real server, killed with -9 in mid-request: nothing is half done, a retry does one thing."""

import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from engine.clock import now
from engine.store.embedded import DatabaseUrls
from engine.usecases.tokens import make_token
from tests.evidence import faults_of_record
from tests.rivals import EVERY_ENTRY, held
from tests.until import until
from tests.visitor import SECRET
from tests.world import KEY, ROOT, World

DONE = {"outcome": "done", "what_was_done": "Done as asked"}


class Served:
    """`putright serve` in a process of its own, on a port that was free just now."""

    def __init__(self, database: DatabaseUrls) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-c", "from api.cli import main; main()", "serve", "--no-worker"],
            env={
                "DATABASE_URL": database.app_url,
                "PUTRIGHT_OWNER_URL": database.owner_url,
                "PUTRIGHT_SECRET_KEY": SECRET,
                "PUTRIGHT_AUDIT_KEY": KEY.secret.decode(),
                "PUTRIGHT_AUDIT_KEY_ID": KEY.id,
                "PUTRIGHT_SIGNING_KEY": "5" * 64,
                "PUTRIGHT_PORT": str(self.port),
            },
            cwd=ROOT,
        )
        until(self._answers)

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        self.process.kill()
        self.process.wait()

    def complete(self, item: UUID, token: str, key: str) -> int:
        """Ask for a completion and return the status of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(
                "POST",
                f"/api/v1/items/{item}/complete",
                json.dumps({"answers": DONE}),
                {
                    "Authorization": f"Bearer {token}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": key,
                },
            )
            return connection.getresponse().status
        finally:
            connection.close()

    def _answers(self) -> bool:
        assert self.process.poll() is None, "it ended by itself"
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True


@pytest.fixture
def serve(database: DatabaseUrls) -> Iterator[Callable[[], Served]]:
    """Starts servers; what still runs at the end is killed."""
    started: list[Served] = []

    def start() -> Served:
        started.append(Served(database))
        return started[-1]

    yield start
    for one in started:
        one.kill()


def test_a_server_killed_in_mid_request_has_done_nothing_and_the_retry_does_it_once(
    world: World, database: DatabaseUrls, serve: Callable[[], Served]
) -> None:
    world.clock.now = now()  # as the server has it
    incident = world.report()
    world.lead(incident)
    world.propose(incident, "hugo")
    item = world.item(incident, "do_it_action").id
    _, token = make_token(world.handling.store, world.people["ada"], name="a program")
    before = world.verbs(incident)

    server = serve()
    # everything of the completion is written but its entry, and not committed
    with ThreadPoolExecutor(1) as pool, held(database.owner_url, EVERY_ENTRY) as waiting:
        asked = pool.submit(server.complete, item, token, "once")
        until(waiting)
        server.kill()
        with pytest.raises(ConnectionError):
            asked.result()
    assert world.verbs(incident) == before
    assert world.item(incident, "do_it_action").id == item

    again = serve()
    assert [again.complete(item, token, "once") for _ in range(2)] == [204, 204]
    assert world.verbs(incident) == [*before, "action:done"]
    assert again.complete(item, token, "another key") == 409
    with world.handling.store.read() as conn:
        assert faults_of_record(conn) == []

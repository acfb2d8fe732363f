"""A worker in a process of its own, to be killed: its arguments are a database and an instant."""

import sys
from datetime import datetime

from api.worker import Pace, WorkerThread
from engine.domain.ladder import DEFAULT
from engine.store.connect import application_engine
from engine.store.work import Store
from engine.usecases.handling import Handling
from tests.world import KEY

if __name__ == "__main__":
    url, moment = sys.argv[1], datetime.fromisoformat(sys.argv[2])
    handling = Handling(Store(application_engine(url), KEY, lambda: moment), DEFAULT)
    worker = WorkerThread(handling, url, pace=Pace(sweep_seconds=1, heartbeat_seconds=1))
    worker.start()
    worker.join()
